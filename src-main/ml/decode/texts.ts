import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { throwIfAborted, toErrorReply, WorkbenchError } from '@shared/errors'
import type { Skipped, Split } from '@shared/schemas/dataset'
import { extensionOf } from './extension'
import { placeFiles } from './folder-layout'
import { openTextFile, readLines, readText } from './text-file'
import { findFiles } from './walk'

/** One text as it was read. */
export interface OneText {
  /** Of its file, relative to what was named; a line's number after it where a file holds one text a line. */
  name: string
  text: string
  className: string | null
  split: Split | null
}

export interface TextSource {
  root: string
  /** How the texts lie in the files, in a sentence. */
  layout: string
  fileCount: number
  /** Files that could not be read; complete once `read` has come to its end. */
  skipped: Skipped[]
  read(signal: AbortSignal): AsyncGenerator<OneText>
}

/** A file that holds one text is at most this long. */
const mostBytes = 4 * 1024 * 1024

/** Opens .txt files: one text a file with its folder as its class, or, of a single file, one text a line. */
export async function openTexts(paths: string[], signal: AbortSignal): Promise<TextSource> {
  const { root, files: all } = await findFiles(paths, signal)
  const files = all.filter(({ path }) => extensionOf(path) === 'txt')
  const others = all.filter(({ path }) => extensionOf(path) !== 'txt')
  const [first] = files
  if (!first)
    throw new WorkbenchError(
      'invalid_input',
      `"${paths[0]}" holds no texts. Expected .txt files, best one sub-folder per class, or a table with a column of texts.`,
    )
  const skipped: Skipped[] = others.map(({ relative }) => ({ path: relative, reason: 'Not a .txt file.' }))
  const isOneFile = files.length === 1 && first.isLoose
  const places = placeFiles(files.map((file) => (file.isLoose ? basename(file.path) : file.relative)))
  return {
    root: isOneFile ? first.path : root,
    layout: isOneFile ? 'One text a line.' : 'One text a file.',
    fileCount: files.length,
    skipped,
    async *read(inner) {
      skipped.length = others.length
      if (isOneFile) return yield* linesOf(first.path, inner)
      for (const [i, { path, relative }] of files.entries()) {
        throwIfAborted(inner)
        const text = await wholeText(path, inner).catch((error: unknown) => {
          const { code, message } = toErrorReply(error)
          if (code === 'cancelled') throw error
          skipped.push({ path: relative, reason: message })
          return null
        })
        if (text === null) continue
        if (text.trim() === '') skipped.push({ path: relative, reason: 'The file is empty.' })
        else yield { name: relative, text: text.trim(), ...places[i]! }
      }
    },
  }
}

async function* linesOf(path: string, signal: AbortSignal): AsyncGenerator<OneText> {
  const name = basename(path)
  for await (const { text, number } of readLines(await openTextFile(path, signal), signal))
    if (text.trim() !== '') yield { name: `${name}:${number}`, text: text.trim(), className: null, split: null }
}

/** A file's whole text, in UTF-8, UTF-16 or Windows-1252; throws `invalid_input` for one that is too long or no text. */
export async function wholeText(path: string, signal: AbortSignal): Promise<string> {
  const { size } = await stat(path)
  if (size > mostBytes)
    throw new WorkbenchError('invalid_input', `"${basename(path)}" has more than 4 MiB; expected one text a file.`)
  if (size === 0) return ''
  let text = ''
  for await (const piece of readText(await openTextFile(path, signal), signal)) text += piece
  return text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n')
}
