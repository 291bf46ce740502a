import type { Node, Parsed, Target } from '../../src/calculator/language/tree.ts'
import type { Unit } from '../../src/calculator/numbers/index.ts'

/** Writes trees as short s-expressions: `2 + 3 x` is `(add 2 (multiply 3 x))`. */
export function writeTree(node: Node, unit: (unit: Unit) => string): string {
  const write = (one: Node): string => writeTree(one, unit)
  switch (node.kind) {
    case 'number':
      return node.text
    case 'text':
      return JSON.stringify(node.text)
    case 'name':
      return node.name
    case 'total':
      return `${node.name}^`
    case 'constant':
      return `:${node.name}`
    case 'unit':
      return `'${unit(node.unit)}`
    case 'measure':
      return `${simple(write(node.value))}'${unit(node.unit)}`
    case 'mixed':
      return `{${node.parts.map((part) => `${write(part.value)}'${unit(part.unit)}`).join(' ')}}`
    case 'part':
      return `(part ${write(node.numerator)} ${write(node.denominator)} ${write(node.of)})`
    case 'call':
      return `(${[`${node.name}()`, ...node.arguments.map(write)].join(' ')})`
    case 'index':
      return `(index ${write(node.of)} ${node.at.map((one) => (one ? write(one) : ':')).join(' ')})`
    case 'unary':
      return `(${node.operator} ${write(node.of)})`
    case 'binary':
      return `(${node.operator} ${write(node.left)} ${write(node.right)})`
    case 'percent':
      return `${simple(write(node.of))}%`
    case 'rows':
      return `[${node.rows.map((row) => row.map(write).join(' ')).join('; ')}${node.nested ? ' nested' : ''}]`
    case 'range':
      return `(range ${[node.from, node.step, node.to].flatMap((one) => (one ? [write(one)] : [])).join(' ')})`
    case 'choice':
      return `(if ${write(node.condition)} ${write(node.yes)} ${write(node.no)})`
    case 'both':
      return `(${node.any ? 'or' : 'and'} ${write(node.left)} ${write(node.right)})`
    case 'chain':
      return `(${node.operators.join(' ')} ${node.operands.map(write).join(' ')})`
    case 'convert':
      return `(to ${write(node.of)} ${writeTarget(node.to, unit)})`
    case 'percentage':
      return `(${node.question} ${write(node.part)} ${write(node.of)})`
    case 'moment':
      return `<${[node.date, node.time, node.zone].filter((one) => one !== undefined).join(' ')}>`
  }
}

const simple = (text: string): string => (text.includes(' ') && !text.startsWith('(') ? `(${text})` : text)

function writeTarget(to: Target, unit: (unit: Unit) => string): string {
  switch (to.kind) {
    case 'units':
      return [...to.units, ...(to.otherwise ? ['or', ...to.otherwise] : [])]
        .map((one) => (typeof one === 'string' ? one : `'${unit(one)}`))
        .join(' ')
    case 'value':
      return writeTree(to.value, unit)
    case 'writing':
      return to.as
    case 'places':
      return `${to.places} ${to.significant ? 'significant' : 'places'}`
    case 'zone':
      return `@${to.zone}`
    case 'datePart':
      return to.part
  }
}

/** Writes how a line was read. */
export function writeLine({ statement, label }: Parsed, unit: (unit: Unit) => string): string {
  const said = () => {
    if (statement.kind === 'value') return writeTree(statement.body, unit)
    if (statement.kind === 'assignment') return `${statement.name} := ${writeTree(statement.body, unit)}`
    if (statement.kind === 'definition')
      return `${statement.name}(${statement.parameters.join(' ')}) := ${writeTree(statement.body, unit)}`
    return statement.kind
  }
  return label === undefined ? said() : `"${label}" ${said()}`
}
