import { extname } from 'node:path'

/** A file's extension in small letters, without the dot. */
export const extensionOf = (path: string) => extname(path).slice(1).toLowerCase()
