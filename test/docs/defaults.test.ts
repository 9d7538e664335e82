import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from '../../src/config/schema/default-cipher.js'
import { jsonSchema } from '../../src/config/schema/json-schema.js'
import { CONNECTION_TIMEOUT, MAX_CONNECTIONS } from '../../src/control/local-server.js'
import { MAX_QUESTION } from '../../src/control/protocol.js'
import { DEVICE_MTU, KEEPALIVE, MTU } from '../../src/core/api/config.js'
import { DEFAULT_LOG_LEVEL } from '../../src/core/api/logger.js'
import { LIMITS, REPLIES_TO_FAIL_BACK } from '../../src/core/connector/attempt.js'
import { ATTEMPT_LIMIT } from '../../src/core/connector/attempt-steps.js'
import { PROBES, SILENCE } from '../../src/core/connector/liveness.js'
import { LONGEST_PAUSE } from '../../src/core/connector/pace/backoff.js'
import {
  LONGEST_STAY,
  RETURN_INTERVAL,
  SHORTEST_STAY,
} from '../../src/core/connector/pace/failback-backoff.js'
import { ANSWERS_AT_ONCE, ANSWERS_PER_SECOND } from '../../src/core/path-mtu/answer-limit.js'
import { CONFIRM_INTERVAL, MAX_PROBES_IN_USE, RAISE_INTERVAL } from '../../src/core/path-mtu/path-search.js'
import { HOOK_TIMEOUT, MARK } from '../../src/core/settings/host-settings.js'
import type { NumberSetting } from '../../src/core/settings/number-setting.js'
import { STREAM_SETTINGS } from '../../src/core/settings/option-groups.js'
import { DEFAULT_PORT, HTTP_PORT, HTTPS_PORT } from '../../src/core/settings/ports.js'
import { STEP_LIMITS, stepLimit } from '../../src/core/settings/step-limits.js'
import { ATTEMPT_DELAY } from '../../src/transports/dialing/connect.js'
import { HEAD_START, PATIENCE } from '../../src/transports/dns/patient-resolver.js'
import { UNSENT_BYTES } from '../../src/transports/streams/socket-tuner.js'

const ROOT = join(import.meta.dirname, '../..')
const page = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8').replace(/\s+/g, ' ')

/** Whole numbers in files: their table and key, and whether their description names the default. */
const NUMBERS: readonly [table: string, key: string, setting: NumberSetting, tellsDefault: boolean][] = [
  ['interface', 'mtu', DEVICE_MTU, false],
  ['interface', 'fwmark', MARK, false],
  ['peer', 'keepalive', KEEPALIVE, true],
  ['peer', 'push-mtu', MTU, false],
  ['server', 'push-mtu', MTU, false],
  ['streams', 'send-queue', STREAM_SETTINGS.sendQueue, true],
  ['streams', 'max-unauthenticated', STREAM_SETTINGS.maxUnauthenticated, true],
  ['streams', 'max-unauthenticated-per-address', STREAM_SETTINGS.maxUnauthenticatedPerAddress, true],
  ['streams', 'unauthenticated-timeout', STREAM_SETTINGS.unauthenticatedTimeout, true],
]

describe.each(NUMBERS)('%s.%s', (table, key, { min, max, default: usual }, tellsDefault) => {
  it('has its range and default in the JSON Schema', () => {
    const { properties } = jsonSchema() as { properties: Record<string, Table> }
    const { items, ...own } = properties[table]!
    const value = (items ?? own).properties![key]!
    expect(value).toMatchObject({ minimum: min, maximum: max })
    expect(value.description).toContain(`within ${min} to ${max}`)
    if (tellsDefault) expect(value.description).toContain(`Default: ${usual}.`)
  })

  it('has them in docs/configuration.md', () => {
    const [, rows] = page('configuration.md').split(`### \`${table === 'peer' ? '[[peer]]' : `[${table}]`}\``)
    const row = rows!.split(`| \`${key}\` `)[1]!.split(' | | ')[0]!
    expect(row).toContain(`within ${min} to ${max}`)
    if (tellsDefault) expect(row).toContain(`Default: ${usual} `)
  })
})

it("docs/configuration.md tells how large a device's MTU may become by itself", () => {
  expect(page('configuration.md')).toContain(`what the routes to the peers carry, at most ${MTU.default} |`)
})

it('--help tells the defaults', () => {
  const program = join(ROOT, 'dist/program/main.js')
  const help = execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' }).replace(/\s+/g, ' ')
  expect(help).toContain(`(default: what the routes to peers carry, at most ${MTU.default})`)
  expect(help).toContain(`(default: port ${DEFAULT_PORT} without --peer)`)
  expect(help).toContain(`(default: ${SHARED_KEY_CIPHER}, or ${PRIVATE_KEY_CIPHER} with a private key)`)
  expect(help).toContain(`"silent", default: "${DEFAULT_LOG_LEVEL}")`)
})

describe('the pages of docs', () => {
  const words = ['no', 'one', 'two', 'three', 'four', 'five']
  const seconds = (milliseconds: number) => `${milliseconds / 1_000} s`
  const minutes = (milliseconds: number) => `${milliseconds / 60_000} min`
  const { maxUnauthenticated, maxUnauthenticatedPerAddress, sendQueue, unauthenticatedTimeout } =
    STREAM_SETTINGS

  it.each([
    ['configuration.md', `Minimum level of log lines. Default: "${DEFAULT_LOG_LEVEL}"`],
    ['configuration.md', `waits at port ${DEFAULT_PORT}`],
    ['configuration.md', `%i is the device, each has ${HOOK_TIMEOUT / 1_000} s`],
    ['full-tunnel.md', `A command that takes more than ${HOOK_TIMEOUT / 1_000} s is killed`],
    [
      'mtu.md',
      `an MTU of ${MTU.default} bytes (\`mtu\` in a file, \`--mtu\`; ${MTU.min} to ${MTU.max}, and from ${DEVICE_MTU.min} on`,
    ],
    ['mtu.md', `every ${seconds(CONFIRM_INTERVAL)} while large ones do`],
    ['mtu.md', `${words[MAX_PROBES_IN_USE]} probes without an answer`],
    ['mtu.md', `After ${minutes(RAISE_INTERVAL)} the largest size is tried again`],
    ['mtu.md', `${ANSWERS_AT_ONCE} answers go out at once and ${ANSWERS_PER_SECOND} a second`],
    [
      'running.md',
      `${MAX_QUESTION / 1024} KiB, ${MAX_CONNECTIONS} connections, ${CONNECTION_TIMEOUT / 1_000} seconds`,
    ],
    ['security.md', `${maxUnauthenticated.default.toLocaleString('en')} in all`],
    ['security.md', `${maxUnauthenticatedPerAddress.default} for each address, the oldest closed first`],
    ['security.md', `in time (${unauthenticatedTimeout.default / 1_000} s)`],
    [
      'transports.md',
      `mean ${DEFAULT_PORT}, \`ws://\` and \`http://\` mean ${HTTP_PORT}, \`wss://\` and \`https://\` ${HTTPS_PORT}`,
    ],
    [
      'transports.md',
      `${seconds(STEP_LIMITS.name)} for the look-up of its name, which ${seconds(HEAD_START + PATIENCE)} without an answer end`,
    ],
    ['transports.md', `${seconds(STEP_LIMITS.connect)} each for the connection`],
    [
      'transports.md',
      `then ${seconds(LIMITS.stream.proof)}, over UDP ${seconds(LIMITS.datagram.proof)}, until the answer`,
    ],
    ['transports.md', `${seconds(ATTEMPT_LIMIT)} in all`],
    [
      'plugins.md',
      `in place of ${seconds(STEP_LIMITS.name)} for \`name\` and \`handshake\` and ${seconds(stepLimit('other'))} for all else`,
    ],
    [
      'plugins.md',
      `names no step has ${seconds(LIMITS.stream.unnamed)}, one of \`kind: 'datagram'\` ${seconds(LIMITS.datagram.unnamed)}`,
    ],
    ['plugins.md', `all steps together have ${seconds(ATTEMPT_LIMIT)}`],
    ['transports.md', `${words[SILENCE / 1_000]} second without an answer brings a probe`],
    ['transports.md', `${words[PROBES]} unanswered probes`],
    ['transports.md', `tried again every ${seconds(RETURN_INTERVAL)}`],
    ['transports.md', `${words[REPLIES_TO_FAIL_BACK]} probes in a row`],
    ['transports.md', `left alone for ${seconds(SHORTEST_STAY)}`],
    ['transports.md', `up to ${minutes(LONGEST_STAY)}`],
    ['transports.md', `a pause, growing up to ${seconds(LONGEST_PAUSE)}`],
    ['transports.md', `after ${ATTEMPT_DELAY} ms`],
    ['transports.md', `at most ${UNSENT_BYTES / 1024} KiB unsent`],
    ['transports.md', `at most ${sendQueue.default / 1024} KiB wait beyond that`],
    ['transports.md', `an end listens, on UDP port ${DEFAULT_PORT} unless told otherwise`],
    ['troubleshooting.md', `Port ${DEFAULT_PORT} is the default of Qanat`],
  ])('tell the defaults and limits: %s, %s', (name, text) => {
    expect(page(name).toLowerCase()).toContain(text.toLowerCase())
  })
})

describe('each default and limit', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('conformance/')) // cases have sizes of their own
    .map((file) => ({ file, code: withoutComments(readFileSync(join(ROOT, 'src', file), 'utf8')) }))
  const { maxUnauthenticated, sendQueue } = STREAM_SETTINGS
  const values = [
    ...[DEFAULT_PORT, MTU.min, MTU.max, MTU.default],
    ...[sendQueue.min, sendQueue.max, sendQueue.default, maxUnauthenticated.max],
  ]

  it.each(values)('stands in one place of the sources: %i', (value) => {
    const digits = String(value).replace(/\B(?=(\d{3})+$)/g, '_?')
    const places = sources.filter(({ code }) => new RegExp(`(?<![\\w.])${digits}(?!\\w)`).test(code))
    expect(places.map(({ file }) => file)).toHaveLength(1)
  })
})

interface Table {
  readonly properties?: Readonly<Record<string, { readonly description: string }>>
  readonly items?: Table
}

function withoutComments(source: string): string {
  return source.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/ .*/g, '')
}
