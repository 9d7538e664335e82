import { expect, it } from 'vitest'
import { makeScenes } from '../../../src/app/rehearsal/scenes.js'

it('makes the packets of a scene when they are first wanted, and once: all of them at once would be a long turn', () => {
  let made = 0
  const scenes = makeScenes(1420, true, (bytes) => {
    made++
    return new Uint8Array(bytes)
  })
  expect(scenes.length).toBeGreaterThan(10)
  expect(made).toBe(0)
  const [{ far, near }] = scenes as [(typeof scenes)[number]]
  expect(made).toBe(near.length + far.length)
  expect(scenes[0]!.near).toBe(near)
  expect(made).toBe(near.length + far.length)
})
