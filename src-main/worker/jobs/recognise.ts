import { recognise } from '../../ml/decode/recognise'
import type { JobHandler } from '../protocol'

/** Tells what kind of data these paths hold, without reading it. */
const recogniseJob: JobHandler<'recognise'> = async ({ paths }, { signal }) => ({
  modality: (await recognise(paths, undefined, signal)).modality.id,
})

export default recogniseJob
