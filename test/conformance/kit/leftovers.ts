import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, vi } from 'vitest'

/** More than whatever runs the tests may end meanwhile. */
const TIMERS = 10

/** What broken parts leave behind; it ends with each test of the file. */
export interface Leftovers {
  server(): void
  timers(): void
}

/** For a file whose broken parts leave things behind, and have cases wait in vain: these give up after so many turns of the loop. */
export function useLeftovers(): Leftovers {
  const timers: NodeJS.Timeout[] = []
  const servers: Server[] = []
  beforeEach(() => {
    let turns = 0
    vi.spyOn(performance, 'now').mockImplementation(() => ++turns) // however long turns take
  })
  afterEach(() => {
    vi.restoreAllMocks()
    for (const timer of timers.splice(0)) clearTimeout(timer)
    for (const server of servers.splice(0)) server.close()
  })
  return {
    server: () => void servers.push(createServer().listen(0, '127.0.0.1')),
    timers() {
      for (let count = 0; count < TIMERS; count++) timers.push(setTimeout(() => {}, 60_000))
    },
  }
}
