import 'reflect-metadata'
import { asError } from '../../src/core/api/errors.js'
import { needsUserNamespace, runInUserNamespace } from '../user-namespace.js'
import { chooseStage, namespacesRefused } from './choose-stage.js'
import { combinations } from './combinations.js'
import { runDemo } from './run-demo.js'
import type { Stage } from './stage.js'

/** Exit codes: bad arguments, as `qanat` has it; ended by SIGINT, as shells have it. */
const USAGE = 2
const INTERRUPTED = 130

const only = process.argv.slice(2)
const shown = await combinations(only).catch((thrown) => {
  process.stderr.write(`${asError(thrown).message}\n`)
  process.exit(USAGE)
})

if (namespacesRefused() === undefined && needsUserNamespace()) process.exit(await runInUserNamespace())

let stage: Stage | undefined
process.on('exit', () => stage?.close())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(INTERRUPTED))
const choice = chooseStage()
stage = choice.stage
const possible = shown.filter(({ around }) => around === undefined || choice.refusal === undefined)
process.exit(await runDemo(possible, stage, choice.refusal))
