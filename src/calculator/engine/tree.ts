/** The whole language. What is not listed here cannot be said. */
export type Node =
  | { kind: 'number'; text: string }
  | { kind: 'word'; text: string; position: number }
  | { kind: 'name'; name: string; position: number }
  | { kind: 'call'; name: string; position: number; arguments: Node[] }
  | { kind: 'index'; of: Node; position: number; at: (Node | undefined)[] }
  | { kind: 'unary'; operator: Unary; of: Node; position: number }
  | { kind: 'binary'; operator: Binary; left: Node; right: Node; position: number }
  | { kind: 'percent'; of: Node }
  | { kind: 'rows'; rows: Node[][]; nested: boolean; position: number }
  | { kind: 'range'; from: Node; step: Node | undefined; to: Node; position: number }
  | { kind: 'choice'; condition: Node; yes: Node; no: Node; position: number }
  | { kind: 'both'; left: Node; right: Node; any: boolean; position: number }
  | { kind: 'chain'; operators: Comparison[]; operands: Node[]; position: number }

export type Comparison = 'equal' | 'unequal' | 'smaller' | 'larger' | 'smallerEq' | 'largerEq'
export type Unary =
  | 'unaryMinus'
  | 'unaryPlus'
  | 'not'
  | 'bitNot'
  | 'factorial'
  | 'ctranspose'
  | 'sqrt'
  | 'cbrt'
export type Binary =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'mod'
  | 'pow'
  | 'dotMultiply'
  | 'dotDivide'
  | 'dotPow'
  | 'to'
  | 'xor'
  | 'bitAnd'
  | 'bitOr'
  | 'bitXor'
  | 'leftShift'
  | 'rightArithShift'

export type Statement =
  | { kind: 'value'; body: Node }
  | { kind: 'assignment'; name: string; position: number; body: Node }
  | { kind: 'definition'; name: string; position: number; parameters: string[]; body: Node }
