/**
 * The words in an expression that could be names. More than are read, never fewer: functions and units are among them,
 * and so is the look of a name in whichever letters the evaluator takes.
 */
export function namesIn(text: string): Set<string> {
  return new Set(text.normalize('NFKC').match(/[\p{L}\p{Nl}_$][\p{L}\p{Nl}\p{Nd}\p{M}_$]*/gu) ?? [])
}
