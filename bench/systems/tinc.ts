import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INNER, type Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import type { Pair, System } from './system.js'

const KEY_BITS = 2048
const [NEAR, FAR] = INNER.ipv4

/** tinc 1.0 with the ciphers that it chooses by itself. */
export const tinc: System = {
  name: 'tinc',
  summary: 'tinc 1.0, udp, its own choice of ciphers',
  programs: ['tincd'],
  source: 'apt install tinc',
  prepare: (lab, folder) => new TincPair(lab, folder),
}

class TincPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  readonly #folder: string

  constructor(lab: Lab, folder: string) {
    this.#lab = lab
    this.#folder = folder
    this.#configure('near', NEAR, ['ConnectTo = far'], [])
    this.#configure('far', FAR, [], [`Address = ${lab.far.ipv4}`])
    copyFileSync(join(folder, 'near/hosts/near'), join(folder, 'far/hosts/near'))
    copyFileSync(join(folder, 'far/hosts/far'), join(folder, 'near/hosts/far'))
  }

  async startFar(): Promise<Program> {
    const far = this.#start(this.#lab.far, 'far')
    await far.line('Ready')
    return far
  }

  async startNear(): Promise<Program> {
    return this.#start(this.#lab.near, 'near')
  }

  #configure(name: string, address: string, lines: readonly string[], host: readonly string[]): void {
    const folder = join(this.#folder, name)
    mkdirSync(join(folder, 'hosts'), { recursive: true })
    writeFileSync(join(folder, 'tinc.conf'), [`Name = ${name}`, 'DeviceType = tun', ...lines, ''].join('\n'))
    writeFileSync(join(folder, 'hosts', name), [`Subnet = ${address}/32`, ...host, ''].join('\n'))
    const up = `ip link set $INTERFACE up mtu 1420\nip address add ${address}/24 dev $INTERFACE\n`
    writeFileSync(join(folder, 'tinc-up'), `#!/bin/sh\n${up}`, { mode: 0o700 })
    appendFileSync(join(folder, 'tinc.conf'), 'Interface = tinc0\n')
    execFileSync('tincd', ['-c', folder, `-K${KEY_BITS}`], { stdio: 'pipe' })
  }

  #start(host: LabHost, name: string): Program {
    const folder = join(this.#folder, name)
    return host.start('tincd', ['-c', folder, '-D', '-d1', `--pidfile=${join(folder, 'pid')}`])
  }
}
