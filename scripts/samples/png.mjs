// A small grey PNG: 8 bits, no metadata, the smaller of unfiltered and Paeth rows.
import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), out.length - 4)
  return out
}

function paeth(left, up, corner) {
  const estimate = left + up - corner
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(estimate - value))
  return a <= b && a <= c ? left : b <= c ? up : corner
}

function filterRows(pixels, width, height, filter) {
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) {
    rows[y * (width + 1)] = filter
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const left = x > 0 ? pixels[at - 1] : 0
      const up = y > 0 ? pixels[at - width] : 0
      const corner = x > 0 && y > 0 ? pixels[at - width - 1] : 0
      rows[y * (width + 1) + 1 + x] = pixels[at] - (filter === 4 ? paeth(left, up, corner) : 0)
    }
  }
  return rows
}

export function encodeGreyPng(pixels, width, height) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const [data] = [0, 4]
    .map((filter) => deflateSync(filterRows(pixels, width, height, filter), { level: 9, memLevel: 9 }))
    .sort((a, b) => a.length - b.length)
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))])
}
