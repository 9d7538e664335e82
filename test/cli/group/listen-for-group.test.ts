import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { listenForGroup } from '../../../src/cli/group/listen-for-group.js'
import { ask } from '../../../src/control/client.js'
import { groupSocketOf } from '../../../src/control/group/group-socket.js'
import { QUESTIONS } from '../../../src/control/protocol.js'
import { lockRun } from '../../../src/control/run-lock.js'
import type { ControlHandlers } from '../../../src/control/server.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { eventually } from '../../support/eventually.js'

it('reloads once at a time, however often members ask, and once more for those who asked meanwhile', async () => {
  const file = join(temporaryFolder(), 'hub.toml')
  writeFileSync(file, '')
  const lock = lockRun(file, join(temporaryFolder(), 'qanat'))
  const under: (() => void)[] = []
  const reload = () => new Promise<void>((resolve) => under.push(resolve))
  const entries = QUESTIONS.map((question) => [question, question === 'reload' ? reload : () => question])
  const handlers = Object.fromEntries(entries) as ControlHandlers
  const parts = { lock, handlers, end: async () => {}, log: silentLogger }
  const server = await listenForGroup({ name: 'vpn', gid: process.getgid!() }, parts)
  onTestFinished(() => server.close())
  const by = groupSocketOf(lock.socket)
  const first = ask(by, file, 'reload')
  await eventually('one is under way', () => under.length, 1)
  const others = Array.from({ length: 5 }, () => ask(by, file, 'reload'))
  await ask(by, file, 'status')
  expect(under.length).toBe(1)
  under[0]!()
  await first
  await eventually('one for all others is', () => under.length, 2)
  under[1]!()
  await Promise.all(others)
  expect(under.length).toBe(2)
})

it('answers members what they may ask, ends the tunnel in their name, and refuses the rest', async () => {
  const file = join(temporaryFolder(), 'hub.toml')
  writeFileSync(file, '')
  const lock = lockRun(file, join(temporaryFolder(), 'qanat'))
  const entries = QUESTIONS.map((question) => [question, () => question])
  const handlers = Object.fromEntries(entries) as ControlHandlers
  const ends: string[] = []
  const end = async (why: string) => void ends.push(why)
  const parts = { lock, handlers, end, log: silentLogger }
  const server = await listenForGroup({ name: 'vpn', gid: process.getgid!() }, parts)
  onTestFinished(() => server.close())
  const by = groupSocketOf(lock.socket)
  for (const question of ['status', 'look', 'reload'] as const) {
    expect(await ask(by, file, question)).toBe(question)
  }
  await ask(by, file, 'down')
  expect(ends).toEqual(['qanat down, by a member of the group vpn'])
  await expect(ask(by, file, 'login')).rejects.toThrow(
    "Cannot do that: 'login' is for the tunnel's owner alone; use sudo",
  )
})
