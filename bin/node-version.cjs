// Plain JavaScript that any Node can read, so that an old one is told in one line what is missing.
const [major] = process.versions.node.split('.').map(Number)
if (major < 26) {
  console.error(
    `Partyline needs Node 26 or newer; this is ${process.versions.node}. Get it from https://nodejs.org.`,
  )
  process.exit(1)
}
