// Plain texts out of the e-mails of the SpamAssassin corpus.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const mostCharacters = 600
/** Not for every eye; the sample leaves such mail out. */
const explicit =
  /\b(sex|sexual\w*|xxx|porn\w*|nude\w*|naked|teens?|virgins?|penis|breasts?|horny|sluts?|fuck\w*|erotic\w*|adults? only|viagra)\b/i
const entities = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', apos: "'" }

/** Subject and beginning of each e-mail that is plain text or HTML, in the files' order, as { id, text }. */
export function readMails(source, groups) {
  return groups.flatMap((group) =>
    readdirSync(join(source, 'data', group))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap((name) => {
        const { text } = JSON.parse(readFileSync(join(source, 'data', group, name), 'utf8'))
        const mail = plainText(text)
        return mail ? [{ id: `${group}/${name.replace('.json', '')}`, text: mail }] : []
      }),
  )
}

/** Null where the mail is of another kind, too short to judge, or not for every eye. */
function plainText(source) {
  const at = source.search(/\r?\n\r?\n/)
  const head = source.slice(0, at).replace(/\r?\n[ \t]+/g, ' ')
  const field = (name) => new RegExp(`^${name}:(.*)$`, 'im').exec(head)?.[1].trim() ?? ''
  const [type, encoding] = [field('content-type'), field('content-transfer-encoding')]
  if (at < 0 || /multipart|base64/i.test(type + encoding) || /=\?/.test(field('subject'))) return null
  let body = source.slice(at)
  if (/quoted-printable/i.test(encoding))
    body = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  body = body
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<!--[\s\S]*?-->|<[a-z/!][^>]*>/gi, ' ')
    .replace(/&(\w+);/g, (all, name) => entities[name.toLowerCase()] ?? ' ')
  const text = `${field('subject')}\n${body}`
    .replace(/\S+@\S+/g, '(address)')
    .replace(/\b(https?:\/\/|www\.)\S+/gi, '(link)')
    .replace(/[^\x20-\x7e\n]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  if (text.length < 80 || explicit.test(text)) return null
  return text.length <= mostCharacters ? text : text.slice(0, text.lastIndexOf(' ', mostCharacters))
}
