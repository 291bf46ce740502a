import qrcode from 'qrcode-generator'

/** Empty modules on each side, by which readers find the code (ISO/IEC 18004). */
const QUIET = 4

/** A QR code as the path of an SVG image whose sides are `size` long. */
export interface QrCode {
  readonly size: number
  readonly path: string
}

/** Draws a text as a QR code that can be read with some of it covered. @param text of ASCII characters */
export function drawQrCode(text: string): QrCode {
  const code = qrcode(0, 'M')
  code.addData(text)
  code.make()
  const count = code.getModuleCount()
  const rows = Array.from({ length: count }, (_, row) =>
    runsOf(count, (column) => code.isDark(row, column), row),
  )
  return { size: count + 2 * QUIET, path: rows.join('') }
}

/** The dark modules of a row, as one rectangle for each run of them. */
function runsOf(count: number, isDark: (column: number) => boolean, row: number): string {
  let path = ''
  for (let column = 0; column < count; column += 1) {
    if (!isDark(column)) continue
    const start = column
    while (column < count && isDark(column)) column += 1
    path += `M${start + QUIET} ${row + QUIET}h${column - start}v1h${start - column}z`
  }
  return path
}
