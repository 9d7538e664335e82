#!/usr/bin/env node
import { readVersion, VERSION_WORDS } from './model/version.js'

// The reader of the output may stop reading, as `head` does.
process.stdout.on('error', () => process.exit(0))

// Scripts ask for the version alone, and commander takes longer to load than to answer.
const [word = '', ...others] = process.argv.slice(2)
if (VERSION_WORDS.includes(word) && others.length === 0) {
  process.stdout.write(`${readVersion().version}\n`)
} else {
  ;(await import('./begin/code-cache.js')).useCodeCache()
  await (await import('./command-line.js')).runCommandLine()
}
