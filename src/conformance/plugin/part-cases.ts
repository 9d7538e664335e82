import { strict as assert } from 'node:assert'
import { asError } from '../../core/api/errors.js'
import type { Option, Options } from '../../core/options/option.js'
import type { Case } from '../kit/case.js'
import { RecordingLogger } from '../kit/recording-logger.js'
import type { Variation } from './part-under-test.js'

/** Characters. What is shorter stands in any text. */
const LEAST_SECRET = 4

/** A part at work, in whichever way its kind works. */
export interface Trial {
  /** Makes the part, has it do a little of each thing, and closes it. Throws if it does not work. */
  work(variation: Variation): Promise<void>
  /** Has the part fail in the ways that show what it was given; what it shows is told to `shown`. */
  fail(variation: Variation, shown: (text: string) => void): Promise<void>
  /** Has its plugin set up, and closed twice. */
  closeTwice(): Promise<void>
  /** Texts that nobody may see, once what they are is known. */
  secrets(): Promise<readonly string[]>
}

/**
 * Cases about what every part does with its context.
 *
 * @param rehearses whether it says that it takes part in rehearsals.
 */
export function partCases(trial: Trial, options: Options, seed: number, rehearses: boolean): Case[] {
  return [
    ...(rehearses ? [rehearsal(trial)] : []),
    {
      name: 'works with what a later version will give it besides',
      promise: 'A context may have members that a part does not know, as later versions have.',
      run: () => trial.work({ unknown: { [`later${seed}`]: { seed } } }),
    },
    {
      name: 'works with whatever its options allow',
      promise: 'A part takes each value that the description of its options allows.',
      async run() {
        for (const [name, option] of Object.entries(options)) {
          for (const value of extremesOf(option)) {
            await trial.work({ options: { [name]: value } }).catch((thrown: unknown) => {
              const { message } = asError(thrown)
              throw new Error(`with '${name}' of ${String(value)} it does not work: ${message}`, {
                cause: thrown,
              })
            })
          }
        }
      },
    },
    {
      name: 'closes again without harm',
      promise: "A plugin's `close` may be called again, and then does nothing.",
      run: () => trial.closeTwice(),
    },
    {
      name: 'shows no secret',
      promise:
        'Keys, secret options and passwords of endpoints are in no log line, no error and no `remote`.',
      async run() {
        const secrets = (await trial.secrets()).filter(({ length }) => length >= LEAST_SECRET)
        const log = new RecordingLogger()
        const shown: string[] = []
        await trial.work({ log })
        await trial.fail({ log }, (text) => shown.push(text))
        for (const text of [...log.lines, ...shown]) {
          for (const secret of secrets)
            assert.ok(!text.includes(secret), `a secret is in: ${text.replaceAll(secret, '…')}`)
        }
      },
    },
  ]
}

function rehearsal(trial: Trial): Case {
  return {
    name: 'works in rehearsals',
    promise:
      'A part with `rehearse: true` works again and again with an empty `storage` and a `network` that refuses everything.',
    async run() {
      for (let generation = 0; generation < 2; generation++) await trial.work({ offline: true })
    },
  }
}

/** The values at the edges of what an option allows, as files write them. */
export function extremesOf(option: Option): unknown[] {
  switch (option.type) {
    case 'whole':
    case 'bytes':
    case 'duration':
      return [option.min ?? 0, option.max, option.default].filter((value) => value !== undefined)
    case 'toggle':
      return [true, false]
    case 'one of':
      return [...option.of]
    default:
      return [] // any text may be right, and any may be wrong
  }
}
