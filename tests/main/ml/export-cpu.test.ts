import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { inProcessJobs } from '../../helpers/in-process-jobs'
import { tempFolder } from '../../helpers/temp-db'
import { runFolderWith, toyTable } from './toy'

vi.hoisted(() => void (process.env['PELLUCID_ENGINE'] = 'cpu'))

test('the pure-JavaScript engine exports for TensorFlow.js and says why it cannot write a SavedModel', async () => {
  const runDir = await runFolderWith(toyTable(60), await tempFolder())
  const params = { epochs: 1, batchSize: 16 }
  const input = { runId: 'r', runDir, family: 'mlp', params, resume: false, threads: 1 }
  await inProcessJobs.run('train', 'train', { ...input, cacheDir: join(runDir, 'cache') })
  const out = join(await tempFolder(), 'export')
  const savedModel = inProcessJobs.run('engine', 'export', { runDir, format: 'savedmodel', out })
  await expect(savedModel).rejects.toMatchObject({
    code: 'incompatible',
    message: expect.stringMatching(/native TensorFlow engine/),
  })
  expect(await readdir(out)).toEqual([])
  expect((await inProcessJobs.run('engine', 'export', { runDir, format: 'tfjs', out })).files).toHaveLength(5)
})
