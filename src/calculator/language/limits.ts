/** Every bound of the language. What is checked against the tree is checked before anything is computed. */

/** Code points of an expression. */
export const LENGTH = 1000
/** Nodes of a syntax tree. */
export const NODES = 500
/** Brackets, calls, signs and powers inside each other. */
export const DEPTH = 64
/** Characters of a name. */
export const NAME_LENGTH = 64
/** Cells of one matrix or range. */
export const CELLS = 10_000
/** Dimensions of a matrix. */
export const DIMENSIONS = 8
/** Cells of all matrices that one expression makes, one after another. */
export const CELLS_IN_ALL = 200_000
/** Values that are put in order. */
export const SORTED = 2000
/** Rows of a matrix that is inverted, decomposed or searched for eigenvalues. */
export const DENSE_ROWS = 24
/** Arguments of one call. */
export const ARGUMENTS = 200
/** Nested calls of a sheet's functions. */
export const CALLS = 200
/** Tree levels entered at once through calls, far below what the stack can hold. */
export const LEVELS = 1500
/** Units of work of one evaluation, counted before it is done: about 200 ms. */
export const WORK = 200_000
/** Milliseconds after which the interpreter stops by itself, in case something was not counted. */
export const MILLISECONDS = 500
/** Characters of a result's text. */
export const TEXT = 4096
/** Characters of all notes of a line, and of its label. */
export const NOTES = 1000
/** Bytes of a stored value. */
export const STORED = 16 * 1024
/** Digits after the point, base digits and the like. */
export const DIGITS = 100
/** Largest argument of factorial, gamma and the counts built on them. */
export const FACTORIAL = 3000
/** Names of a sheet that one expression may reach, by itself and through the sheet's functions. */
export const REACHED_NAMES = 500
/** Characters of the stored values of these names together. */
export const REACHED_CHARACTERS = 128 * 1024
