import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { askRun } from '../../../src/cli/run/ask-run.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { writeAnswer } from '../../../src/control/protocol.js'

/** A process that runs a tunnel and answers only if it is let, as one whose loop is busy. */
async function lateProcess() {
  const socket = join(temporaryFolder(), 'a.sock')
  const answers: (() => void)[] = []
  const server = createServer((connection) => {
    connection.on('error', () => {})
    answers.push(() => connection.write(writeAnswer({ up: true })))
  })
  server.listen(socket)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const told: string[] = []
  const clock = new VirtualClock()
  return {
    ...{ clock, told },
    asked: () => once(server, 'connection'),
    answer: () => {
      for (const answer of answers) answer()
    },
    ask: () =>
      askRun({ file: '/a.toml', pid: process.pid, socket }, '/a.toml', 'status', {
        clock,
        tell: (line) => told.push(line),
      }),
  }
}

it('names a process that does not tell its status within 1.5 s, and waits for it', async () => {
  const { clock, told, asked, answer, ask } = await lateProcess()
  const status = ask()
  await asked()
  clock.advance(1_499)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual([`process ${process.pid}, which runs the tunnel of /a.toml, does not answer yet`])
  answer()
  expect(await status).toEqual({ up: true })
})

it('says nothing of one that answers in time', async () => {
  const { clock, told, asked, answer, ask } = await lateProcess()
  const status = ask()
  await asked()
  answer()
  await status
  expect([clock.pending, told]).toEqual([0, []])
})
