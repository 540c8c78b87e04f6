import { recognise } from '../../ml/decode/recognise'
import type { JobHandler } from '../protocol'

/** Says what an import of these paths would bring. */
const inspect: JobHandler<'inspect'> = async ({ paths, modality: asked }, { signal, report }) => {
  const { modality, choices } = await recognise(paths, asked, signal)
  const found = await modality.inspect(paths, { signal, progress: (done, total) => report({ done, total }) })
  return { ...found, choices }
}

export default inspect
