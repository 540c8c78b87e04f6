import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sweep } from '@shared/schemas/sweep'
import { executable } from './helpers/desktop'
import { endOf, run, runJson, sample, startCommand } from './helpers/program'
import { serve } from './helpers/browser'

const home = mkdtempSync(join(tmpdir(), 'pellucid-headless-'))
const workspace = join(home, 'workspace')
const at = { workspace }
afterAll(() => rmSync(home, { recursive: true, force: true }))

const table = sample('german-credit/german-credit.csv')
const keysOf = (value: object) => Object.keys(value)
const metricNames = ['loss', 'accuracy', 'precision', 'recall', 'f1', 'rocAuc']
const runKeys = 'runId status datasetId family params seed epochs samplesPerSecond metrics baseline error'.split(' ')
const hyperparameters = ['--set', 'epochs=3', '--set', 'seed=1']

function expectInterval(value: unknown) {
  expect(keysOf(value as object).sort()).toEqual(['high', 'level', 'low', 'value'])
}

describe('the command line on a table', () => {
  let runId = ''

  it('imports, and refuses the name the second time', async () => {
    const args = ['import', table, '--name', 'german', '--target', 'credit_risk', '--positive', 'good']
    const { code, document } = await runJson([...args, '--sensitive', 'sex,age'], at)
    expect(code).toBe(0)
    expect(keysOf(document)).toEqual(['datasetId', 'name', 'modality', 'sampleCount', 'classes', 'fields', 'skipped'])
    expect(document).toMatchObject({ name: 'german', modality: 'table', sampleCount: 1000, skipped: [] })
    expect([...document.classes].sort()).toEqual(['bad', 'good'])
    expect(document.fields).toContainEqual({ name: 'age', kind: 'number', missing: 0 })
    const again = await runJson(args, at)
    expect(again.code).toBe(1)
    expect(again.document.error).toMatchObject({ code: 'conflict', message: expect.stringMatching(/"german"/) })
    const listed = await runJson(['datasets'], at)
    expect(listed.document).toEqual([document])
  })

  it('derives columns by bins and by a map', async () => {
    const bins = ['--column', 'age_group', '--from', 'age', '--bins', '25', '--labels', 'young,old']
    const binned = await runJson(['derive', '--dataset', 'german', ...bins], at)
    expect(binned.document).toEqual({ column: 'age_group', counts: { young: 149, old: 851 } })
    const map = ['--column', 'letter', '--from', 'sex', '--map', 'female=f,male=m']
    const mapped = await runJson(['derive', '--dataset', 'german', ...map], at)
    expect(mapped.document).toEqual({ column: 'letter', counts: { f: 310, m: 690 } })
  })

  it('labels by row and splits by share', async () => {
    const to = (name: string) => ['label', '--dataset', 'german', '--sample', '#1', '--class', name]
    const [before] = (await runJson(to('bad'), at)).document.changed === 1 ? ['good'] : ['bad']
    expect((await runJson(to(before), at)).document).toEqual({ changed: 1 })
    expect((await runJson(to(before), at)).document).toEqual({ changed: 0 })
    const split = await runJson(
      ['split', '--dataset', 'german', '--train', '.7', '--validation', '.1', '--test', '.2'],
      at,
    )
    expect(split.document).toEqual({ train: 700, validation: 100, test: 200 })
    const same = await runJson(['split', '--dataset', 'german', '--seed', '1'], at)
    expect(same.document).toEqual(split.document)
  })

  it('trains and waits, with progress on standard error', async () => {
    const { code, document, stderr } = await runJson(
      ['train', '--dataset', 'german', '--family', 'mlp', ...hyperparameters],
      at,
    )
    expect(code, stderr).toBe(0)
    expect(keysOf(document)).toEqual(runKeys)
    expect(document).toMatchObject({ status: 'finished', family: 'mlp', epochs: 3, seed: 1, error: null })
    expect(document.params.epochs).toBe(3)
    for (const split of ['train', 'validation', 'test'])
      expect(keysOf(document.metrics[split]).sort()).toEqual([...metricNames].sort())
    expect(document.baseline.majorityAccuracy).toBeCloseTo(0.7, 2)
    expect(stderr).toMatch(/epoch 3: train loss/)
    runId = document.runId
  })

  it('shows, lists, compares and deletes runs', async () => {
    expect((await runJson(['runs', 'show', runId], at)).document.runId).toBe(runId)
    expect((await runJson(['runs'], at)).document.map((entry: { runId: string }) => entry.runId)).toEqual([runId])
    const second = await runJson(
      ['train', '--dataset', 'german', '--family', 'mlp', '--set', 'epochs=2', '--set', 'units=8'],
      at,
    )
    const other = second.document.runId as string
    const { document } = await runJson(['compare', runId, other], at)
    expect(keysOf(document)).toEqual(['runs', 'settingsDiff', 'classes', 'confusion'])
    expect(document.settingsDiff.epochs).toEqual([3, 2])
    expect(document.runs.map((entry: object) => keysOf(entry))).toEqual([runKeys, runKeys])
    const matrix = document.confusion[runId] as number[][]
    expect(matrix.flat().reduce((sum, n) => sum + n, 0)).toBe(200)
    const said = (await runJson(['runs', 'diagnose', other], at)).document
    expect(keysOf(said)).toEqual(['runId', 'ailment', 'verdict', 'evidence', 'remedies'])
    expect(said.verdict).toMatch(/too short to judge/)
    expect((await runJson(['runs', 'delete', other], at)).code).toBe(0)
    expect((await runJson(['runs', 'show', other], at)).document.error.code).toBe('not_found')
    await expect(stat(join(workspace, 'runs', other))).rejects.toThrow(/ENOENT/)
  })

  it('tries many settings, and shows and deletes the sweep', async () => {
    const args = ['sweep', '--dataset', 'german', '--family', 'mlp', '--strategy', 'grid', '--vary', 'units=4,8']
    const { code, document, stderr } = await runJson([...args, '--set', 'epochs=1'], at)
    expect(code, stderr).toBe(0)
    expect(document.status).toBe('finished')
    expect(document.trials.map(({ params, state }: Sweep['trials'][number]) => [params['units'], state])).toEqual([
      [4, 'finished'],
      [8, 'finished'],
    ])
    expect(stderr).toMatch(/2 of 2 trials ended/)
    expect((await runJson(['sweeps'], at)).document).toEqual([document])
    expect((await runJson(['sweeps', 'delete', document.sweepId, '--runs'], at)).code).toBe(0)
    expect((await runJson(['runs'], at)).document.map((entry: { runId: string }) => entry.runId)).toEqual([runId])
    const bad = await runJson([...args, '--vary', 'units'], at)
    expect(bad.code).toBe(2)
  })

  it('explains a row', async () => {
    const args = ['explain', '--run', runId, '--sample', '#1', '--method', 'integrated-gradients']
    const { code, document, stderr } = await runJson(args, at)
    expect(code, stderr).toBe(0)
    expect(keysOf(document)).toEqual([
      'runId',
      'sampleId',
      'method',
      'params',
      'target',
      'attribution',
      'min',
      'max',
      'convergenceDelta',
    ])
    const { dtype, shape, data } = document.attribution
    expect(dtype).toBe('float32')
    expect(data).toHaveLength(shape.reduce((product: number, length: number) => product * length, 1))
    expect(document.convergenceDelta).toBeLessThan(0.05)
    const other = await runJson([...args, '--target-class', 'bad'], at)
    expect(other.document.target).toBe('bad')
    const checked = await runJson([...args, '--checks'], at)
    expect(checked.document.checks.overall).toMatch(/^(passes|doubtful|fails)$/)
    expect(checked.document.checks.byCheck.map(({ id }: { id: string }) => id)).toContain('randomisation')
    expect((await run([...args, '--checks'], at)).stdout).toMatch(
      /checks: (passes|doubtful|fails)[^]*Holds still: Random noise/,
    )
    expect((await runJson([...args.slice(0, -1), 'magic'], at)).document.error.code).toBe('not_found')
  })

  it('audits by one and by two sensitive features and writes the report', async () => {
    const out = join(home, 'report.html')
    const { code, document, stderr } = await runJson(
      ['audit', '--run', runId, '--sensitive', 'age_group', '--out', out],
      at,
    )
    expect(code, stderr).toBe(0)
    const parts = ['overall', 'byGroup', 'disparities', 'comparisons', 'curves', 'summary']
    expect(keysOf(document)).toEqual(['split', 'positive', 'threshold', ...parts])
    expect(document).toMatchObject({ split: 'test', positive: 'good', threshold: 0.5 })
    for (const value of Object.values(document.overall)) expectInterval(value)
    expect(document.byGroup.map(({ group }: { group: object }) => group)).toEqual(
      expect.arrayContaining([{ age_group: 'young' }, { age_group: 'old' }]),
    )
    const facts = ['metric', 'kind', 'value', 'low', 'high', 'level', 'groups', 'isFinding', 'isAtBoundary']
    for (const entry of document.disparities) expect(keysOf(entry)).toEqual(facts)
    expect(await readFile(out, 'utf8')).toMatch(/^<!doctype html>/i)
    const both = await runJson(['audit', '--run', runId, '--sensitive', 'age_group,sex', '--positive', 'bad'], at)
    expect(both.document.byGroup.length).toBe(4)
    expect(both.document.byGroup[0].group).toHaveProperty('sex')
  })

  it('predicts a table and exports the model', async () => {
    const { document } = await runJson(['predict', '--run', runId, table], at)
    expect(document).toHaveLength(1000)
    expect(keysOf(document[0])).toEqual(['input', 'class', 'probabilities'])
    expect(document[0].probabilities.good + document[0].probabilities.bad).toBeCloseTo(1, 5)
    const csv = await runJson(['predict', '--run', runId, table, '--out', join(home, 'answers')], at)
    expect(csv.document).toEqual({ count: 1000, files: [join(home, 'answers.csv')] })
    expect((await readFile(join(home, 'answers.csv'), 'utf8')).split('\r\n')[0]).toMatch(
      /credit_risk,prediction,probability bad,probability good$/,
    )
    const over = await runJson(['predict', '--run', runId, table, '--out', table], at)
    expect(over.document.error.code).toBe('conflict')
    for (const format of ['savedmodel', 'tfjs', 'onnx']) {
      const exported = await runJson(['export', '--run', runId, '--format', format, '--out', join(home, format)], at)
      for (const file of exported.document.files) expect((await stat(file)).size).toBeGreaterThan(0)
    }
  })

  it('backs up, and restores into another workspace', async () => {
    const { document } = await runJson(['backup', join(home, 'all')], at)
    const elsewhere = { workspace: join(home, 'restored') }
    expect((await runJson(['restore', document.files[0]], elsewhere)).code).toBe(0)
    expect((await runJson(['runs', 'show', runId], elsewhere)).document.status).toBe('finished')
    expect((await runJson(['predict', '--run', runId, table], elsewhere)).document).toHaveLength(1000)
  })
})

describe('the command line on pictures', () => {
  const pictures = join(home, 'pets')
  beforeAll(async () => {
    // Real pictures, a few of them, by class; one broken and one that only says it is a picture.
    const unpacked = join(home, 'unpacked')
    await mkdir(unpacked)
    execFileSync('tar', ['-xf', sample('fashion/fashion.tar'), '-C', unpacked])
    const [top] = await readdir(unpacked)
    for (const name of ['bag', 'sneaker']) {
      await mkdir(join(pictures, name), { recursive: true })
      const files = (await readdir(join(unpacked, top!, name))).sort().slice(0, 60)
      for (const file of files) await cp(join(unpacked, top!, name, file), join(pictures, name, file))
    }
    const whole = await readFile(join(pictures, 'bag', (await readdir(join(pictures, 'bag')))[0]!))
    await writeFile(join(pictures, 'bag', 'truncated.png'), whole.subarray(0, 60))
    await writeFile(join(pictures, 'sneaker', 'text.jpg'), 'I am no picture')
  })

  it('goes the whole way, and lists what it could not read', async () => {
    const imported = await runJson(['import', pictures, '--name', 'pets'], at)
    expect(imported.document).toMatchObject({ modality: 'image', sampleCount: 120, classes: ['bag', 'sneaker'] })
    const skipped = imported.document.skipped as { path: string; reason: string }[]
    expect(skipped.map(({ path }) => path.split('/').at(-1)).sort()).toEqual(['text.jpg', 'truncated.png'])
    for (const { reason } of skipped) expect(reason.length).toBeGreaterThan(10)
    const trained = await runJson(['train', '--dataset', 'pets', '--family', 'cnn', ...hyperparameters], at)
    expect(trained.document.status, trained.stderr).toBe('finished')
    const { runId } = trained.document
    const map = await runJson(
      ['explain', '--run', runId, '--sample', '#1', '--method', 'grad-cam', '--out', join(home, 'map.png')],
      at,
    )
    expect(map.document.attribution.shape).toEqual([28, 28])
    expect((await readFile(join(home, 'map.png'))).subarray(1, 4).toString()).toBe('PNG')
    const relative = await runJson(
      ['explain', '--run', runId, '--sample', 'bag/truncated.png', '--method', 'gradient'],
      at,
    )
    expect(relative.document.error.code).toBe('not_found')
    const first = (await readdir(join(pictures, 'bag')))[0]!
    const byPath = await runJson(['explain', '--run', runId, '--sample', `bag/${first}`, '--method', 'gradient'], at)
    expect(byPath.document.attribution.shape).toEqual([28, 28, 1])
    const predicted = await runJson(['predict', '--run', runId, `bag/${first}`], { ...at, cwd: pictures })
    expect(predicted.document).toHaveLength(1)
    expect(Object.keys(predicted.document[0].probabilities)).toEqual(['bag', 'sneaker'])
  })
})

describe('what the command line answers', () => {
  it.each([
    [['nonsense'], 'unknown command'],
    [['train', '--dataset', 'german'], '--family'],
    [['split', '--dataset', 'german', '--train', 'much'], 'no number'],
    [['derive', '--dataset', 'german', '--column', 'x', '--from', 'age'], '--bins'],
    [['train', '--dataset', 'german', '--family', 'mlp', '--set', 'epochs'], 'key=value'],
    [['export', '--run', 'x', '--format', 'pickle', '--out', '/tmp/x'], '--format'],
    [['audit', '--run', 'x'], '--sensitive'],
  ])('%j is bad usage: exit 2', async (args, words) => {
    const { code, document } = await runJson(args, at)
    expect(code).toBe(2)
    expect(keysOf(document)).toEqual(['error'])
    expect(keysOf(document.error)).toEqual(['code', 'message', 'details'])
    expect(document.error.message).toContain(words)
  })

  it.each([
    [['train', '--dataset', 'nowhere', '--family', 'mlp'], 'not_found'],
    [['train', '--dataset', 'german', '--family', 'perceptron'], 'not_found'],
    [['train', '--dataset', 'german', '--family', 'mlp', '--set', 'epochs=-1'], 'invalid_input'],
    [['label', '--dataset', 'german', '--sample', '#99999', '--class', 'good'], 'not_found'],
    [['import', '/no/such/folder', '--name', 'x'], 'not_found'],
    [['split', '--dataset', 'german', '--train', '.9', '--validation', '.9'], 'invalid_input'],
    [['restore', '/no/such/backup'], 'not_found'],
  ])('%j fails: exit 1', async (args, code) => {
    const ended = await runJson(args, at)
    expect(ended.code).toBe(1)
    expect(ended.document.error, JSON.stringify(ended.document)).toMatchObject({ code })
  })

  it('without --json, tables on standard output and errors on standard error', async () => {
    const good = await run(['datasets'], at)
    expect(good.stdout).toMatch(/^name +modality +samples/)
    const bad = await run(['runs', 'show', 'nothing'], at)
    expect(bad).toMatchObject({ code: 1, stdout: '' })
    expect(bad.stderr).toMatch(/No run "nothing"/)
    const help = await run(['--help'])
    expect(help.code).toBe(0)
    for (const verb of 'import datasets derive label split train runs compare explain audit predict export serve tour doctor'.split(
      ' ',
    ))
      expect(help.stdout).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'))
  })

  it('takes the workspace from the environment', async () => {
    const { document } = await runJson(['datasets'], { env: { PELLUCID_WORKSPACE: workspace } })
    expect(document.length).toBeGreaterThan(0)
    const elsewhere = join(home, 'xdg')
    await runJson(['datasets'], { env: { XDG_DATA_HOME: elsewhere } })
    expect(await readdir(join(elsewhere, 'pellucid'))).toContain('workspace.sqlite')
  })

  it('tells what it stands on', async () => {
    const { document, code } = await runJson(['doctor'], at)
    expect(code).toBe(document.ok ? 0 : 1)
    expect(keysOf(document)).toEqual(['ok', 'checks', 'engine'])
    expect(keysOf(document.engine)).toEqual(['backend', 'device', 'threads'])
    expect(document.engine.backend).toBe('tensorflow')
    const ids = document.checks.map(({ id }: { id: string }) => id)
    expect(ids).toEqual(
      expect.arrayContaining([
        'node',
        'electron-version',
        'engine',
        'database',
        'workspace',
        'disk',
        'memory',
        'platform',
      ]),
    )
    for (const check of document.checks) expect(keysOf(check)).toEqual(['id', 'ok', 'found', 'expected', 'fix'])
    const major = parseInt(/\/(\d+)\./.exec(executable())?.[1] ?? '0', 10)
    const electron = document.checks.find(({ id }: { id: string }) => id === 'electron-version')
    if (major > 0 && major < 40)
      expect(electron).toMatchObject({ ok: false, fix: expect.stringMatching(/older runtime/) })
  })
})

describe('Ctrl-C', () => {
  it('stops the run and keeps it, exits 130, and the run can be resumed', async () => {
    const child = startCommand(
      [
        'train',
        '--dataset',
        'german',
        '--family',
        'mlp',
        '--set',
        'epochs=4000',
        '--set',
        'earlyStopping=false',
        '--json',
      ],
      at,
    )
    const epochs = new Promise<void>((resolve) => {
      child.stderr!.on('data', (chunk) => /epoch 3:/.test(String(chunk)) && resolve())
    })
    const ended = endOf(child)
    await epochs
    child.kill('SIGINT')
    const { code, stdout } = await ended
    expect(code).toBe(130)
    const stopped = JSON.parse(stdout)
    expect(stopped.status).toBe('stopped')
    expect(stopped.epochs).toBeGreaterThanOrEqual(3)
    const kept = await runJson(['runs', 'show', stopped.runId], at)
    expect(kept.document).toMatchObject({ status: 'stopped', epochs: stopped.epochs })
    const resumed = startCommand(['runs', 'resume', stopped.runId, '--json'], at)
    const next = new Promise<number>((resolve) => {
      resumed.stderr!.on('data', (chunk) => {
        const epoch = /epoch (\d+): train/.exec(String(chunk))?.[1]
        if (epoch) resolve(Number(epoch))
      })
    })
    const resumedEnd = endOf(resumed)
    expect(await next).toBe(stopped.epochs + 1)
    resumed.kill('SIGINT')
    expect((await resumedEnd).code).toBe(130)
  })
})

describe('while another program holds the workspace', () => {
  it('reading works and writing is a conflict that names the holder', async () => {
    const served = await serve(workspace)
    expect((await runJson(['datasets'], at)).code).toBe(0)
    expect((await runJson(['runs'], at)).code).toBe(0)
    const written = await runJson(['label', '--dataset', 'german', '--sample', '#1', '--class', 'good'], at)
    expect(written.code).toBe(1)
    expect(written.document.error.code).toBe('conflict')
    expect(written.document.error.message).toContain(`"pellucid serve" (process ${served.pid}`)
    expect(await served.stop('SIGINT')).toBe(130)
    expect((await runJson(['label', '--dataset', 'german', '--sample', '#1', '--class', 'good'], at)).code).toBe(0)
  })

  it('nobody holds it any more after kill -9, and its run is marked interrupted', async () => {
    const served = await serve(workspace)
    const started = await served.fetch('/api/runs.start', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataset: 'german', family: 'mlp', params: { epochs: 5000 } }),
    })
    const { value } = (await started.json()) as { value: { runId: string } }
    for (let n = 0; n < 100; n++) {
      if ((await runJson(['runs', 'show', value.runId], at)).document.status === 'running') break
    }
    await served.stop('SIGKILL')
    const after = await runJson(['runs', 'show', value.runId], at)
    expect(after.document.status).toBe('interrupted')
    expect(after.document.error).toMatch(/Resume it/)
  })
})

describe('disks that will not have it', () => {
  const canMount = process.getuid?.() === 0 && process.platform === 'linux'
  const inMount = (script: string) => ['unshare', '-m', 'sh', '-c', `${script} && exec "$@"`, 'sh']

  it.runIf(canMount)('a read-only mount can be read, and writing says why not', async () => {
    const prefix = inMount(`mount --bind ${workspace} ${workspace} && mount -o remount,ro,bind ${workspace}`)
    const listed = await runJson(['datasets'], { ...at, prefix })
    expect(listed.code, listed.stderr + listed.stdout).toBe(0)
    expect(listed.document.length).toBeGreaterThan(0)
    const written = await runJson(['label', '--dataset', 'german', '--sample', '#1', '--class', 'bad'], {
      ...at,
      prefix,
    })
    expect(written.code).toBe(1)
    expect(written.document.error).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/cannot be written to/),
    })
  })

  it.runIf(canMount)('a folder that cannot be made is named', async () => {
    const place = join(home, 'locked')
    await mkdir(place, { recursive: true })
    const prefix = inMount(`mount -t tmpfs -o ro tmpfs ${place}`)
    const { code, document } = await runJson(['datasets'], { workspace: join(place, 'w'), prefix })
    expect(code).toBe(1)
    expect(document.error.message).toMatch(/cannot be made: nothing may be written there/)
  })

  it.runIf(canMount)('a full disk is told as such and nothing is lost', async () => {
    const place = join(home, 'small')
    await mkdir(place, { recursive: true })
    // What is on the small disk is looked at in the same namespace, where alone it exists.
    const script = `
      mount -t tmpfs -o size=700k tmpfs ${place}
      "$@" import ${table} --name first --target credit_risk --workspace ${place}/w --json
      "$@" datasets --workspace ${place}/w --json`
    const child = startCommand([], { prefix: ['unshare', '-m', 'sh', '-c', script, 'sh'] })
    const { stdout, stderr } = await endOf(child)
    const [failed, listed] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(failed.error, stderr).toMatchObject({ code: 'disk_full', message: expect.stringMatching(/disk is full/) })
    expect(listed).toEqual([])
  })
})

describe('the tour', () => {
  it('does the whole main job on the bundled samples', async () => {
    const { code, document, stderr } = await runJson(['tour'], { workspace: join(home, 'tour') })
    expect(
      document.steps.filter(({ ok }: { ok: boolean }) => !ok),
      stderr,
    ).toEqual([])
    expect(document.ok).toBe(true)
    expect(code).toBe(0)
    expect(document.steps.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([
        'import-pictures',
        'label',
        'split',
        'train-first',
        'train-second',
        'compare',
        'explain',
        'audit',
      ]),
    )
    for (const step of document.steps) expect(keysOf(step).sort()).toEqual(['id', 'ok', 'result', 'seconds'])
  }, 600_000)
})
