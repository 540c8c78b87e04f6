import { expect, test } from 'vitest'
import { chooseWheels, libraryLinks } from '../../scripts/setup/wheels.mjs'

const linux = { platform: 'linux', arch: 'x64', hasNvidia: false }

test('a machine without an NVIDIA GPU gets the CPU wheel alone', () => {
  const plans = chooseWheels(linux)
  expect(plans.map((plan: { wheel: string }) => plan.wheel)).toEqual(['tensorflow-cpu'])
  expect(plans[0].requirements).toEqual(['tensorflow-cpu==2.21.0'])
  expect(plans[0].tags).toContain('manylinux_2_27_x86_64')
})

test('with an NVIDIA GPU comes the CUDA wheel with its libraries, and the CPU wheel should that fail', () => {
  const [gpu, cpu] = chooseWheels({ ...linux, hasNvidia: true })
  expect(gpu.requirements[0]).toBe('tensorflow==2.21.0')
  expect(gpu.requirements.filter((name: string) => name.startsWith('nvidia-'))).toHaveLength(12)
  expect(gpu.requirements.every((name: string) => /^[\w-]+==[\d.]+$/.test(name))).toBe(true)
  expect(gpu.tested).toBe(false)
  expect(cpu.wheel).toBe('tensorflow-cpu')
})

test('other platforms are marked untested, and unknown ones get none', () => {
  expect(chooseWheels({ platform: 'darwin', arch: 'arm64', hasNvidia: false })[0].tested).toBe(false)
  expect(chooseWheels({ platform: 'linux', arch: 'arm64', hasNvidia: false })[0].tested).toBe(false)
  expect(chooseWheels({ platform: 'win32', arch: 'x64', hasNvidia: true })).toEqual([])
  expect(chooseWheels({ ...linux, isMusl: true })).toEqual([])
})

test('the binding finds the library under the names it links and loads', () => {
  expect(libraryLinks('linux')['libtensorflow.so']).toBe('libtensorflow_cc.so.2')
  expect(Object.keys(libraryLinks('darwin')).every((name) => name.endsWith('.dylib'))).toBe(true)
})
