import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe, room, superRecipes } from '../../lab/offload-packets.js'
import type { Packet } from '../../src/core/api/packet.js'
import { createCoalescer, createSegmenter } from '../../src/core/offload/index.js'
import { decodeHeader, encodeHeader, VIRTIO_HEADER } from '../../src/tun/virtio.js'
import { allocate, collect, textOf } from '../support/offload/batches.js'

const NAMESPACE = `offload-${process.pid}`
const SCRIPT = fileURLToPath(new URL('kernel-forwards.mjs', import.meta.url))

/** Why the kernel cannot be asked, or undefined where it can. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  try {
    createRequire(import.meta.url).resolve('koffi')
  } catch {
    return 'needs koffi'
  }
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
    execFileSync('ip', ['netns', 'add', `${NAMESPACE}-try`], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'del', `${NAMESPACE}-try`], { stdio: 'ignore' })
  } catch {
    return 'needs /dev/net/tun and namespaces'
  }
  return undefined
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A packet as it is written to a TUN device with virtio headers. */
function frame(of: Packet): string {
  const header = new Uint8Array(VIRTIO_HEADER)
  expect(encodeHeader(of, header, 0)).toBe(true)
  return hex(header) + hex(of.bytes)
}

/**
 * What the kernel makes of each frame as it forwards it: packets in hex, with virtio headers where `offload`
 * is asked for.
 */
function forward(frames: readonly string[], mode: 'plain' | 'offload'): string[][] {
  execFileSync('ip', ['netns', 'add', NAMESPACE])
  try {
    const command = ['netns', 'exec', NAMESPACE, process.execPath, SCRIPT, mode]
    const output = execFileSync('ip', command, { input: JSON.stringify(frames), maxBuffer: 1 << 28 })
    return JSON.parse(output.toString())
  } finally {
    execFileSync('ip', ['netns', 'del', NAMESPACE])
  }
}

const split = (of: Packet, checksum: Packet['checksum']) =>
  collect(createSegmenter(allocate).segment([of], checksum))

/** Forwarding takes one from the TTL. */
const forwarded = (recipe: Recipe): Recipe => ({ ...recipe, ttl: recipe.ttl! - 1 })

/** What is forwarded must live on after its TTL was lowered. */
const recipes = [
  ...fc.sample(superRecipes(30_000), { numRuns: 150, seed: 7 }),
  ...fc.sample(superRecipes(2000), { numRuns: 150, seed: 8 }),
].map((recipe) => ({ ...recipe, ttl: Math.max(3, recipe.ttl!) }))

const why = obstacle()
const title = why === undefined ? 'against the kernel' : `against the kernel (skipped: ${why})`

describe.skipIf(why !== undefined)(title, () => {
  it('splits as the kernel does', () => {
    const all = [
      ...recipes,
      ...recipes.slice(0, 50).map((recipe) => ({ ...recipe, flags: recipe.flags! | 0x01 })),
    ]
    const segments = forward(
      all.map((recipe) => frame(packet(recipe))),
      'plain',
    )
    for (const [i, recipe] of all.entries()) {
      expect(segments[i], JSON.stringify({ ...recipe, payload: recipe.payload.length })).toEqual(
        split(packet(forwarded(recipe)), 'full').map(({ bytes }) => hex(bytes)),
      )
    }
  })

  it('understands what the kernel hands over, and the kernel what is handed to it', () => {
    const pushed = forward(
      recipes.map((recipe) => frame(packet(recipe))),
      'offload',
    )
    for (const [i, recipe] of recipes.entries()) {
      const sent = packet(forwarded(recipe))
      if (recipe.payload.length <= recipe.segmentSize!) sent.segmentSize = 0
      const got = pushed[i]!.map((each) => {
        const bytes = Buffer.from(each, 'hex')
        const read: Packet = { ...room([bytes.subarray(VIRTIO_HEADER)]), segmentSize: 0, checksum: 'full' }
        expect(decodeHeader(bytes, 0, read)).toBe(true)
        return textOf(read)
      })
      expect(got, JSON.stringify({ ...recipe, payload: recipe.payload.length })).toEqual([textOf(sent)])
    }
  })

  it('joins packets to what the kernel splits into them again', () => {
    const coalescer = createCoalescer(allocate, { udp: true })
    const batches = recipes.map((recipe) => split(packet(recipe), 'full'))
    const frames = batches.flatMap((batch) => coalescer.coalesce(batch).map(frame))
    expect(frames).toHaveLength(recipes.length)
    const segments = forward(frames, 'plain')
    for (const [i, recipe] of recipes.entries()) {
      expect(segments[i]).toEqual(split(packet(forwarded(recipe)), 'full').map(({ bytes }) => hex(bytes)))
    }
  })

  it('completes the checksum of plain packets as the kernel does', () => {
    const plain = recipes.map((recipe) => ({
      ...recipe,
      payload: pattern(recipe.ack! % 1000),
      segmentSize: 0,
    }))
    const completed = forward(
      plain.map((recipe) => frame(packet(recipe))),
      'plain',
    )
    for (const [i, recipe] of plain.entries()) {
      expect(completed[i]).toEqual(split(packet(forwarded(recipe)), 'full').map(({ bytes }) => hex(bytes)))
    }
  })
})
