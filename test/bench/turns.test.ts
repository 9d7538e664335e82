import { expect, it } from 'vitest'
import type { System } from '../../bench/systems/system.js'
import { turnsOf } from '../../bench/turns.js'

const system = (name: string): System => ({
  name,
  summary: name,
  programs: [],
  prepare: () => ({ addresses: ['', ''] }),
})
const systems = ['a', 'b', 'c'].map(system)

it('has the reference measured before and after the others', () => {
  expect(turnsOf(systems, 'b').map(({ name }) => name)).toEqual(['b', 'a', 'c', 'b'])
})

it('measures each once without a reference, or nothing but it', () => {
  expect(turnsOf(systems, 'd')).toEqual(systems)
  expect(turnsOf(systems.slice(0, 1), 'a')).toEqual(systems.slice(0, 1))
})
