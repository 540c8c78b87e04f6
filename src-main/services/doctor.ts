import { access, constants, readFile, statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import type { Check, Doctor, EngineStatus } from '@shared/schemas/workspace'
import type { ServiceContext } from './context'

type Row = z.infer<typeof Check>

const gigabyte = 1024 ** 3
const wantedDiskBytes = 2 * gigabyte
const wantedMemoryBytes = 2 * gigabyte
/** The Electron line that the product is made for; an older runtime works, and is told as out of date. */
const currentElectronMajor = 45

/** Checks that can fail while everything works: they are told, and do not make the whole not ok. */
const advice = new Set(['electron-version'])

/** Looks at everything that Pellucid stands on; each row says what was found, what is wanted and how to mend it. */
export async function runDoctor(
  { db, paths }: Pick<ServiceContext, 'db' | 'paths'>,
  engine: EngineStatus,
): Promise<Doctor> {
  const checks = [
    checkNode(),
    await checkElectron(join(paths.resources, '..', '.cache', 'runtime.json')),
    checkEngine(engine),
    await checkSqlite(db),
    await checkWritable(paths.root),
    await checkDisk(paths.root),
    checkMemory(),
    checkPlatform(),
  ]
  const { backend, device, threads } = engine
  const ok = checks.every((check) => check.ok || advice.has(check.id))
  return { ok, checks, engine: { backend, device, threads } }
}

function checkNode(): Row {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const inElectron = process.versions['electron'] !== undefined
  const ok = inElectron || major > 20 || (major === 20 && minor >= 19)
  return {
    id: 'node',
    ok,
    found: `Node ${process.versions.node}${inElectron ? ' (of Electron)' : ''}`,
    expected: 'Node 20.19 or newer (20 and 24 are tested)',
    fix: ok ? null : 'Install Node 24 or 20 and run "npm start" again.',
  }
}

async function checkElectron(recordPath: string): Promise<Row> {
  const version = process.versions['electron'] ?? (await recordedElectron(recordPath))
  const ok = version !== null && parseInt(version, 10) >= currentElectronMajor
  return {
    id: 'electron-version',
    ok,
    found: version ? `Electron ${version}` : 'no Electron runtime',
    expected: `Electron ${currentElectronMajor} or newer (security fixes)`,
    fix: ok
      ? null
      : version
        ? 'This older runtime came from a package registry since the official download could not be reached. Run "npm start" with access to it to get the current one.'
        : 'Run "npm start": set-up brings the runtime. The command line and "pellucid serve" work without it.',
  }
}

async function recordedElectron(path: string): Promise<string | null> {
  try {
    const { electronVersion } = JSON.parse(await readFile(path, 'utf8')) as { electronVersion?: unknown }
    return typeof electronVersion === 'string' ? electronVersion : null
  } catch {
    return null
  }
}

function checkEngine({ backend, device, threads, version, reason }: EngineStatus): Row {
  const ok = backend === 'tensorflow'
  return {
    id: 'engine',
    ok,
    found: ok ? `TensorFlow ${version ?? ''} on ${device}, ${threads} threads` : `${backend}: ${reason ?? 'no reason'}`,
    expected: 'the native engine (TensorFlow)',
    fix: ok
      ? null
      : 'Run "npm start": set-up builds the native engine and says what is missing. Until then everything works on the slower pure-JavaScript engine.',
  }
}

async function checkSqlite(db: ServiceContext['db']): Promise<Row> {
  const row = await db.get<{ version: string }>('SELECT sqlite_version() AS version')
  const integrity = await db.get<{ quick_check: string }>('PRAGMA quick_check(1)')
  const ok = integrity?.quick_check === 'ok'
  return {
    id: 'database',
    ok,
    found: `SQLite ${row?.version}, ${ok ? 'no damage found' : integrity?.quick_check}`,
    expected: 'a database without damage',
    fix: ok ? null : 'Restore the last backup: "pellucid restore FILE".',
  }
}

async function checkWritable(root: string): Promise<Row> {
  const ok = await access(root, constants.W_OK).then(
    () => true,
    () => false,
  )
  return {
    id: 'workspace',
    ok,
    found: `${root} ${ok ? 'can be written to' : 'is read-only'}`,
    expected: 'a workspace folder that can be written to',
    fix: ok ? null : 'Name another folder: --workspace DIR or PELLUCID_WORKSPACE.',
  }
}

async function checkDisk(root: string): Promise<Row> {
  const space = await statfs(root).catch(() => null)
  const free = space ? space.bavail * space.bsize : null
  const ok = free === null || free >= wantedDiskBytes
  return {
    id: 'disk',
    ok,
    found: free === null ? 'unknown' : `${gib(free)} free`,
    expected: `${gib(wantedDiskBytes)} free`,
    fix: ok ? null : 'Free some space, or delete runs and datasets that are not needed any more.',
  }
}

function checkMemory(): Row {
  const ok = totalmem() >= wantedMemoryBytes
  return {
    id: 'memory',
    ok,
    found: `${gib(totalmem())} in all, ${gib(freemem())} free`,
    expected: `${gib(wantedMemoryBytes)} or more`,
    fix: ok ? null : 'Use small batches and pictures, or a machine with more memory.',
  }
}

function checkPlatform(): Row {
  return {
    id: 'platform',
    ok: true,
    found: `${process.platform} ${process.arch}`,
    expected: 'linux x64 is tested; macOS and Windows paths are written and untested',
    fix: null,
  }
}

const gib = (bytes: number) => `${(bytes / gigabyte).toFixed(1)} GiB`
