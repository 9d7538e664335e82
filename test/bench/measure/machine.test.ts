import { expect, it } from 'vitest'
import { twoCpus } from '../../../bench/measure/machine.js'

it.each([
  ['0-1', [0, 1]],
  ['2,5-7', [2, 5]],
  ['0,64', [0, 64]],
  ['3', undefined],
])('takes a CPU for each host of those that are allowed: %s', (list, cpus) => {
  expect(twoCpus(`Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`)).toEqual(
    cpus,
  )
})
