import { expect, it } from 'vitest'
import { hottest } from '../../../bench/profile/cpu-profile.js'

it('adds up the time of each function while the process was busy', () => {
  const frame = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url } })
  const profile = {
    nodes: [
      frame(1, '(idle)'),
      frame(2, 'seal', 'file:///x/dist/src/ciphers/a.js'),
      frame(3, 'seal', 'file:///x/dist/src/ciphers/a.js'), // called from elsewhere
      frame(4, '', 'file:///x/node_modules/ws/b.js'),
      frame(5, 'rare'),
    ],
    samples: [1, 2, 3, 4, 5],
    timeDeltas: [1000, 30, 30, 30, 10],
  }
  expect(hottest(profile, 2)).toEqual([
    { name: 'seal', file: 'src/ciphers/a.js', part: 0.6 },
    { name: '(anonymous)', file: 'node_modules/ws/b.js', part: 0.3 },
  ])
})
