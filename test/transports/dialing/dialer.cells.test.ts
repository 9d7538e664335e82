import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { rowOf } from '../../../src/core/reasons/reason.js'
import {
  CELLS,
  type Cell,
  IMPOSSIBLE,
  isAsked,
  isOfProxy,
  isPossible,
  STAGES,
  type Stage,
  stagesOf,
  textOf,
  WAYS,
  whyImpossible,
} from '../../support/cells/cell.js'
import { Certificates, runCell, type Told } from '../../support/cells/run-cell.js'
import { describeWhere } from '../../support/e2e/requirements.js'

/** What is told of all cells. `vitest -u` writes it. */
const TABLE = join(import.meta.dirname, 'dialer.cells.txt')
const SPACES = 4

/** The step that is told of a stage. */
const STEPS: Readonly<Record<Stage, string>> = {
  name: 'name',
  connect: 'connect',
  'TLS to the proxy': 'tls',
  greeting: 'proxy',
  login: 'proxy',
  CONNECT: 'proxy',
  TLS: 'tls',
  upgrade: 'upgrade',
  open: 'open',
  handshake: 'handshake',
}
/** What has no parts comes at the last moment if it is slow, and is taken then. */
const IN_TIME: readonly Stage[] = ['name', 'connect', 'handshake']

const possible = CELLS.filter(isPossible)
/** What was told of each cell that was run; undefined if the peer was reached. */
const outcomes = new Map<Cell, Told | undefined>()

it('a cell is run, or there is one reason that it cannot be', () => {
  const reasons = CELLS.map((cell) => [textOf(cell), whyImpossible(cell).length])
  expect(reasons.filter(([, count]) => Number(count) > 1)).toEqual([])
  const counts = IMPOSSIBLE.map(([why, is]) => [why, CELLS.filter(is).length])
  expect(counts.filter(([, count]) => count === 0)).toEqual([])
})

describeWhere(['program openssl'], 'an endpoint', () => {
  let certificates: Certificates
  beforeAll(() => {
    certificates = new Certificates()
  })

  it.each(WAYS)(
    'of $carrier is reached by $proxy in all stages that are told of it, and in no others',
    async (way) => {
      const { asked, told } = await runCell(way, certificates)
      expect(told).toBeUndefined()
      expect(['name', 'connect', ...new Set(asked)]).toEqual(stagesOf(way))
    },
  )

  it.each(WAYS)(
    'of $carrier by $proxy fails in each of them with its step, and blames who is to blame',
    async (way) => {
      for (const cell of possible.filter(
        ({ carrier, proxy }) => carrier === way.carrier && proxy === way.proxy,
      )) {
        const { told } = await runCell(cell, certificates)
        outcomes.set(cell, told)
        const { kind, stage } = cell
        expect([textOf(cell), told === undefined]).toEqual([
          textOf(cell),
          kind === 'slow' && IN_TIME.includes(stage),
        ])
        if (told === undefined) continue
        expect([textOf(cell), rowOf(told.code) !== undefined]).toEqual([textOf(cell), true])
        const steps = stage === 'login' && isAsked(cell) ? ['proxy', 'open'] : [STEPS[stage]]
        if (kind === 'page') steps.push('portal')
        expect(steps, textOf(cell)).toContain(told.step)
        if (isOfProxy(cell))
          expect(told.why, textOf(cell)).toMatch(/the proxy PROXY|the host of the proxy|a login page/)
        else if (!isAsked(cell))
          expect(told.why, textOf(cell)).not.toMatch(/: the proxy PROXY (?!connected to the server)/)
      }
    },
  )

  it('tells one sentence of one cause alone', () => {
    expect([...outcomes.keys()]).toEqual(possible)
    const causes = new Map<string, Set<string>>()
    for (const [cell, told] of outcomes) {
      // A page is what else may come in the place of an answer, and a proxy that is asked by a post takes the login with that.
      const kind = cell.kind === 'page' ? 'garbage' : cell.kind
      const stage = cell.stage === 'login' && isAsked(cell) && kind !== 'refused' ? 'open' : cell.stage
      const cause = `${stage}: ${kind}`
      if (told !== undefined) causes.set(told.why, (causes.get(told.why) ?? new Set()).add(cause))
    }
    const ambiguous = [...causes].flatMap(([why, of]) => (of.size > 1 ? [[why, ...of]] : []))
    expect(ambiguous).toEqual([])
  })

  it('tells what it told', async () => {
    await expect(tableOf(outcomes)).toMatchFileSnapshot(TABLE)
  })
})

/** Each stage and what became of it, and below what is told of which ways. */
function tableOf(outcomes: ReadonlyMap<Cell, Told | undefined>): string {
  const lines = new Map<string, Map<string, string[]>>()
  const sorted = [...outcomes].sort(
    ([one], [other]) => STAGES.indexOf(one.stage) - STAGES.indexOf(other.stage),
  )
  for (const [{ carrier, kind, proxy, stage }, told] of sorted) {
    const heading = `${stage}, ${kind}`
    const words = told === undefined ? 'is reached' : `${told.step}, ${told.code}: ${told.why}`
    const ways = lines.get(heading) ?? new Map<string, string[]>()
    lines.set(heading, ways.set(words, [...(ways.get(words) ?? []), `${carrier}/${proxy}`]))
  }
  return [...lines]
    .map(([heading, ways]) => {
      const told = [...ways].map(([words, of]) => `  ${words}\n${' '.repeat(SPACES)}${of.join(' ')}\n`)
      return `${heading}\n${told.join('')}`
    })
    .join('\n')
}
