import { actionIn, type MessageFrame } from '../chat/index.ts'
import { type FileFacts, fileKind } from '../files/index.ts'
import type { Room } from '../rooms/index.ts'
import { csvCell } from '../text/csv.ts'
import { escapeHtml } from '../text/html.ts'
import { sizeText } from '../text/size.ts'
import { minuteText } from '../web/presentation.ts'
import type { Piece } from './part-content.ts'
import type { Format } from './protocol.ts'

/** A room's messages as a file, which is written from its beginning to its end. */
export interface ExportFormat {
  readonly type: string
  /** @param at when it is exported; ISO 8601 */
  beginning(room: Room, at: string): string
  /** @param embedded the files whose bytes are to stand in it, by their ids */
  message(message: MessageFrame, isFirst: boolean, embedded: ReadonlySet<string>): readonly Piece[]
  readonly end: string
  /** True if the files of messages stand in it. */
  readonly embeds: boolean
}

/** One document with the room and its messages, as `/api/rooms/:room/messages` gives them, but for what is about their look. */
const json: ExportFormat = {
  type: 'application/json; charset=utf-8',
  beginning: ({ slug, name, kind, description }, at) =>
    `{"room":${JSON.stringify({ slug, name, kind, description })},"exported_at":${JSON.stringify(at)},"messages":[`,
  message: ({ type: _type, room: _room, html: _html, sender_picture: _picture, ...message }, isFirst) => [
    `${isFirst ? '' : ','}\n${JSON.stringify(message)}`,
  ],
  end: '\n]}\n',
  embeds: false,
}

const COLUMNS = [
  'seq',
  'at',
  'sender',
  'name',
  'message',
  'values',
  'reply_to',
  'reactions',
  'edited',
  'deleted',
  'files',
]

/** Comma-separated values, for spreadsheets. */
const csv: ExportFormat = {
  type: 'text/csv; charset=utf-8',
  beginning: () => `${COLUMNS.join(',')}\r\n`,
  message: (message) => {
    const cells = [
      String(message.seq),
      message.at,
      message.sender,
      message.sender_name ?? '',
      message.message,
      (message.values ?? []).map(({ expression, text }) => `${expression} = ${text}`).join('; '),
      message.reply === undefined ? '' : String(message.reply.seq),
      reactionsOf(message),
      message.edited ?? '',
      message.deleted ? 'yes' : '',
      (message.files ?? []).map(({ name }) => name).join('; '),
    ]
    return [`${cells.map(csvCell).join(',')}\r\n`]
  },
  end: '',
  embeds: false,
}

/** A page that can be read without anything else, also what was sent: it has no scripts, and its policy lets none run. */
const html: ExportFormat = {
  type: 'text/html; charset=utf-8',
  beginning: (room, at) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(room.name)}</title>
<style>
body { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
article { margin: 1rem 0; }
header { font-size: .875rem; opacity: .75; }
header b { font-size: 1rem; }
p, .text { margin: .125rem 0; white-space: pre-wrap; }
.text pre, .text .table { overflow-x: auto; }
.text pre, .text th, .text td { padding: .25rem .5rem; border: 1px solid; }
.text pre { white-space: pre; }
.text table { border-collapse: collapse; }
.text :is(h3, h4, h5) { margin: .25rem 0; font-size: 1rem; }
.text .right { text-align: end; }
.text .center { text-align: center; }
.text .large-emoji { font-size: 2rem; }
.text .action { font-style: italic; }
blockquote { margin: .25rem 0; padding-left: .75rem; border-left: 3px solid; opacity: .75; }
.note { font-size: .875rem; opacity: .75; }
figure { margin: .5rem 0; }
img { max-width: 100%; max-height: 80vh; width: auto; height: auto; }
</style>
</head>
<body>
<h1 dir="auto">${escapeHtml(room.name)}</h1>
${room.description === '' ? '' : `<p dir="auto">${escapeHtml(room.description)}</p>\n`}<p class="note">Exported on ${minuteText(at)}.</p>
<main>
`,
  message: (message, _isFirst, embedded) => {
    const { seq, at, sender, sender_name: name, reply, values = [] } = message
    const by = name === undefined ? sender : `${name} (${sender})`
    const head = `<header><b dir="auto">${escapeHtml(by)}</b> <time datetime="${escapeHtml(at)}">${minuteText(at)}</time>${message.edited === undefined ? '' : ' (edited)'}</header>`
    const answered =
      reply === undefined
        ? ''
        : `<blockquote><a href="#message-${reply.seq}">${escapeHtml(reply.sender_name ?? reply.sender)}</a>: <span dir="auto">${escapeHtml(reply.excerpt || 'a deleted message')}</span></blockquote>\n`
    const text = message.deleted
      ? '<p class="note">This message was deleted.</p>'
      : `<div class="text" dir="auto">${textOf(message, by)}</div>`
    const shown = values.map(
      ({ expression, text, rounded }) =>
        `\n<p class="note">${escapeHtml(expression)} ${rounded ? '≈' : '='} ${escapeHtml(text)}</p>`,
    )
    const sent = (message.files ?? []).flatMap((file) =>
      embedded.has(file.id)
        ? embeddedFile(file)
        : [`\n<p class="note">📎 ${aboutFile(file)}, not included in this page</p>`],
    )
    const reactions = reactionsOf(message)
    const reacted = reactions === '' ? '' : `\n<p class="note">${escapeHtml(reactions)}</p>`
    return [
      `<article id="message-${seq}">\n${head}\n${answered}${text}${shown.join('')}`,
      ...sent,
      `${reacted}\n</article>\n`,
    ]
  },
  end: '</main>\n</body>\n</html>\n',
  embeds: true,
}

export const formats: Readonly<Record<Format, ExportFormat>> = { json, csv, html }

/** A picture is shown, and everything else can be saved, but not opened as a page. */
function embeddedFile(file: FileFacts): readonly Piece[] {
  const name = escapeHtml(file.name)
  if (fileKind(file) === 'picture')
    return [
      `\n<figure><img alt="${name}" width="${file.width}" height="${file.height}" src="data:${file.type};base64,`,
      file,
      `"><figcaption class="note">${aboutFile(file)}</figcaption></figure>`,
    ]
  return [
    `\n<p class="note">📎 <a download="${name}" href="data:application/octet-stream;base64,`,
    file,
    `">${name}</a> (${sizeText(file.size)})</p>`,
  ]
}

function aboutFile({ name, size }: FileFacts): string {
  return `<span dir="auto">${escapeHtml(name)}</span> (${sizeText(size)})`
}

/** @param by the name that stands before what somebody does */
function textOf({ html, message }: MessageFrame, by: string): string {
  const action = actionIn(message)
  const text = html ?? escapeHtml(action ?? message)
  return action === undefined ? text : `<b dir="auto">${escapeHtml(by)}</b> ${text}`
}

function reactionsOf({ reactions = {} }: MessageFrame): string {
  return Object.entries(reactions)
    .map(([emoji, { count }]) => `${emoji} ${count}`)
    .join(', ')
}
