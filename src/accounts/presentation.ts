import slugify from '@sindresorhus/slugify'

/** Characters of a username that is made from a name; what is left of 32 is for a number. */
const LENGTH = 26

/**
 * The username that is suggested for a person's name, such as `zoe-mueller`; empty where its letters cannot be written in
 * those of usernames.
 */
export function suggestedUsername(name: string): string {
  // A form may bring 256 KiB.
  const slug = slugify(name.slice(0, 240)).slice(0, LENGTH).replace(/-+$/, '')
  return slug.length === 1 ? `person-${slug}` : slug
}
