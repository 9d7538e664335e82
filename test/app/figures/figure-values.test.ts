import { describe, expect, it } from 'vitest'
import { FigureValues } from '../../../src/app/figures/figure-values.js'
import { definePlugin } from '../../../src/core/plugin/plugin.js'

const help = 'for a test'
const labels = { reason: ['timeout', 'refused'], way: ['in', 'out', 'both'] } as const
const DECLARED = {
  resent: { type: 'counter', unit: 'datagrams', help, labels },
  taken: { type: 'counter', unit: 'bytes', help },
  depth: { type: 'gauge', unit: 'packets', help },
} as const

describe('the figures of a plugin', () => {
  it('are told apart by their labels, and what was never told is left out', () => {
    const figures = new FigureValues('it', DECLARED)
    figures.add('resent', 2, { way: 'both', reason: 'refused' })
    figures.add('resent', 1, { reason: 'timeout', way: 'in' })
    figures.add('resent', 3, { reason: 'refused', way: 'both' })
    figures.set('depth', 7)
    figures.add('depth', -2)
    expect(figures.told()).toEqual({
      resent: {
        type: 'counter',
        unit: 'datagrams',
        values: [
          { labels: { reason: 'timeout', way: 'in' }, value: 1 },
          { labels: { reason: 'refused', way: 'both' }, value: 5 },
        ],
      },
      taken: { type: 'counter', unit: 'bytes', values: [] },
      depth: { type: 'gauge', unit: 'packets', values: [{ labels: {}, value: 5 }] },
    })
  })

  it('are refused in one line, and stay as they were, if the plugin tells what it does not declare', () => {
    const figures = new FigureValues('it', DECLARED)
    const good = { reason: 'timeout', way: 'in' }
    const wrong: readonly [tell: () => void, why: string][] = [
      [
        () => figures.add('resend', 1, good),
        "'resend': plugin 'it' declares no such figure; did you mean 'resent'?",
      ],
      [
        () => figures.set('xyz', 1),
        "'xyz': plugin 'it' declares no such figure; known are resent, taken, depth",
      ],
      [() => figures.add('resent', 1), "'resent': the label 'reason' is missing; it may be timeout, refused"],
      [
        () => figures.add('resent', 1, { ...good, way: 'up' }),
        "'resent': its label 'way' is 'up'; it may be in, out, both",
      ],
      [
        () => figures.add('resent', 1, { ...good, wey: 'in' }),
        "'resent': it has no label 'wey'; did you mean 'way'?",
      ],
      [() => figures.add('taken', 1, good), "'taken': it has no labels"],
      [() => figures.add('taken', -1), "'taken': -1 is below 0, and it is a counter"],
      [() => figures.set('taken', 1), "'taken': it is a counter, which is added to"],
      [() => figures.add('taken', Number.NaN), "'taken': NaN is not finite"],
      [() => figures.add('taken', '1' as never), "'taken': 1 is not finite"],
      [() => figures.set('depth', Number.POSITIVE_INFINITY), "'depth': Infinity is not finite"],
    ]
    for (const [tell, why] of wrong) expect(tell).toThrow(new Error(`Cannot tell the figure ${why}`))
    expect(Object.values(figures.told()).flatMap(({ values }) => values)).toEqual([])
    figures.set('depth', Number.MAX_VALUE)
    expect(() => figures.add('depth', Number.MAX_VALUE)).toThrow('is not finite')
    expect(figures.told().depth!.values).toEqual([{ labels: {}, value: Number.MAX_VALUE }])
  })

  it('are refused to one that declares none', () => {
    const figures = new FigureValues('it', {})
    expect(() => figures.add('resent', 1)).toThrow("plugin 'it' declares no figures")
    expect(figures.told()).toEqual({})
  })

  it('have the types of what is declared', () => {
    const plugin = definePlugin({
      api: 1,
      name: 'it',
      figures: DECLARED,
      ciphers: {
        it: {
          summary: '',
          create: ({ figures }) => {
            figures.add('resent', 1, { reason: 'timeout', way: 'in' })
            figures.set('depth', 1)
            // @ts-expect-error: no such figure
            figures.add('resend', 1)
            // @ts-expect-error: no such value of a label
            figures.add('resent', 1, { reason: 'timeout', way: 'up' })
            // @ts-expect-error: its labels are missing
            figures.add('resent', 1)
            // @ts-expect-error: it has no labels
            figures.add('taken', 1, { way: 'in' })
            // @ts-expect-error: a counter cannot be set
            figures.set('taken', 1)
            return {} as never
          },
        },
      },
    })
    expect(plugin.figures).toBe(DECLARED)
  })
})
