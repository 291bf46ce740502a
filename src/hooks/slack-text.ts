/** Parts of a payload that are looked at, so that what one sends costs little. */
const PARTS = 500
/** The deepest that blocks may be nested. */
const DEPTH = 8

/** Something of a payload, which may be anything. */
type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the text of a payload in Slack's format (`text`, `attachments`, and `blocks` as far as they are text), or that of
 * Prometheus Alertmanager's `webhook_configs`.
 * @returns the text, empty if the payload has none; undefined if it is not a payload
 */
export function textOfPayload(payload: unknown): string | undefined {
  if (!isFields(payload)) return undefined
  if (typeof payload.version === 'string' && Array.isArray(payload.alerts)) return textOfAlerts(payload)
  const lines = new Lines()
  const blocks = fieldsIn(payload.blocks)
  lines.addMarked(payload.text)
  // If there are blocks, Slack shows the text only in notifications.
  if (blocks.length > 0 && lines.isEmpty) addBlocks(lines, blocks)
  else if (blocks.length > 0) {
    const shown = new Lines()
    addBlocks(shown, blocks)
    if (!shown.isEmpty) lines.replace(shown)
  }
  for (const attachment of fieldsIn(payload.attachments)) addAttachment(lines, attachment)
  return lines.text
}

class Lines {
  #lines: string[] = []

  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  get text(): string {
    return this.#lines.join('\n').trim()
  }

  /** Adds a text as it is. */
  add(text: unknown): void {
    if (typeof text === 'string' && text.trim() !== '' && this.#lines.length < PARTS)
      this.#lines.push(text.trim())
  }

  /** Adds a text with Slack's markup. */
  addMarked(text: unknown): void {
    if (typeof text === 'string') this.add(plain(text))
  }

  replace(others: Lines): void {
    this.#lines = others.#lines
  }
}

function addAttachment(lines: Lines, attachment: Fields): void {
  const before = lines.text
  lines.addMarked(attachment.pretext)
  const title = typeof attachment.title === 'string' ? plain(attachment.title) : ''
  const link = typeof attachment.title_link === 'string' ? attachment.title_link : ''
  lines.add(title && link ? `${title} (${link})` : title)
  lines.addMarked(attachment.text)
  for (const field of fieldsIn(attachment.fields)) {
    const name = typeof field.title === 'string' ? plain(field.title) : ''
    const value = typeof field.value === 'string' ? plain(field.value) : ''
    lines.add(name && value ? `${name}: ${value}` : name || value)
  }
  addBlocks(lines, fieldsIn(attachment.blocks))
  if (lines.text === before) lines.addMarked(attachment.fallback)
}

function addBlocks(lines: Lines, blocks: readonly Fields[]): void {
  for (const block of blocks) {
    if (block.type === 'rich_text') {
      for (const element of fieldsIn(block.elements)) lines.add(richText(element, DEPTH))
      continue
    }
    addText(lines, block.text)
    for (const field of fieldsIn(block.fields)) addText(lines, field)
    const elements = fieldsIn(block.elements).filter(({ type }) => type === 'mrkdwn' || type === 'plain_text')
    if (elements.length > 0) lines.add(elements.map(({ text }) => plain(String(text ?? ''))).join(' '))
    if (block.type === 'image') lines.add(block.alt_text)
  }
}

function addText(lines: Lines, text: unknown): void {
  if (!isFields(text)) return
  if (text.type === 'plain_text') lines.add(text.text)
  else lines.addMarked(text.text)
}

function richText({ elements, text, type, url }: Fields, depth: number): string {
  if (type === 'link') return typeof text === 'string' ? `${text} (${url})` : String(url ?? '')
  if (type === 'text') return String(text ?? '')
  if (type === 'emoji' || depth === 0) return ''
  const inner = fieldsIn(elements).map((element) => richText(element, depth - 1))
  return type === 'rich_text_list' ? inner.map((item) => `- ${item}`).join('\n') : inner.join('')
}

/** Writes a line for each alert: what is the matter, and since when, or when it was resolved. */
function textOfAlerts({ alerts, externalURL }: Fields): string {
  const lines = new Lines()
  for (const { annotations, labels, status } of fieldsIn(alerts)) {
    const named = isFields(labels) ? labels : {}
    const noted = isFields(annotations) ? annotations : {}
    const state = status === 'resolved' ? 'RESOLVED' : 'FIRING'
    const { alertname = 'alert', ...others } = named
    const rest = Object.entries(others)
      .slice(0, 10)
      .map(([name, value]) => `${name}=${value}`)
    lines.add(`[${state}] ${alertname}${rest.length > 0 ? ` (${rest.join(', ')})` : ''}`)
    for (const note of [noted.summary, noted.description]) lines.add(note)
  }
  if (!lines.isEmpty) lines.add(externalURL)
  return lines.text
}

/** Slack's markup as plain text: `<https://…|label>`, `<!here>`, `<@U1|ada>` and escapes. */
function plain(text: string): string {
  return text
    .replace(/<([^<>|]{1,2000})(?:\|([^<>]{0,2000}))?>/g, (_all, target: string, label?: string) => {
      if (/^[@#!]/.test(target)) return label ?? target.replace(/^!/, '')
      return label && label !== target ? `${label} (${target})` : target
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.slice(0, PARTS).filter(isFields) : []
}
