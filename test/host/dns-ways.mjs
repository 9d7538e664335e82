// Has the host ask other name servers for a device, and prints the way and what /etc/resolv.conf says meanwhile and
// after it was put back: at the end, or with `restore` while the device stays. Programs are looked for in a folder first.
import { readFileSync } from 'node:fs'
import { systemClock } from '../../dist/src/core/time/system-clock.js'
import { changeDns, restoreDns } from '../../dist/src/host/dns.js'
import { Journal, readJournal } from '../../dist/src/host/record/journal.js'
import { undoAll } from '../../dist/src/host/undo.js'
import { lookFirstIn } from '../../dist/src/native/process/programs.js'

const [path, programs, restore, more] = process.argv.slice(2)
lookFirstIn(programs)
const DNS = {
  servers: ['10.0.0.1', 'fd00::1'],
  search: ['example.org'],
  ...JSON.parse(more),
}
const log = { debug() {}, info() {}, warn() {}, error() {} }
const nameServers = () => readFileSync('/etc/resolv.conf', 'utf8')

const journal = new Journal(path)
const parts = { log, clock: systemClock, hooks: {} }
const way = await changeDns('q0', DNS, journal, log)
const meanwhile = nameServers()
if (restore) await restoreDns('q0', journal, parts)
const left = readJournal(path)?.changes ?? []
const failed = restore ? left : await undoAll(left, parts)
process.stdout.write(JSON.stringify({ way, meanwhile, after: nameServers(), failed }))
