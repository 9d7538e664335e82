import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { IMPORT_LIMIT, importModule } from '../../../src/app/finding/import-module.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'

/** A module with this text. */
function module(text: string): string {
  const path = join(temporaryFolder(), 'a.mjs')
  writeFileSync(path, text)
  return pathToFileURL(path).href
}

it('what a module throws is told in one line, and nothing of it is run again', async () => {
  const url = module("globalThis.runs = (globalThis.runs ?? 0) + 1\nthrow new Error('boom\\nmore')\n")
  await expect(importModule(url, systemClock)).rejects.toThrow(/^'import' failed: boom$/)
  expect((globalThis as { runs?: number }).runs).toBe(1)
})

it('a module that waits for ever is given up after 10 s', async () => {
  const clock = new VirtualClock()
  const importing = importModule(module('await new Promise(() => {})\n'), clock)
  clock.advance(IMPORT_LIMIT)
  await expect(importing).rejects.toThrow("'import' did not end within 10 s")
})
