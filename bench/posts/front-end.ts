import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'

/** Where the front end listens, and the server behind it. */
export const FRONT_PORT = 8080
export const PORT = 4433
/** Milliseconds between two looks whether it listens. */
const PAUSE = 50

/** By which of the front end's paths a tunnel runs. */
export const PATHS = {
  /** Passes Upgrade. */
  ws: '/ws',
  /** As nginx does if it is told nothing but where to forward. */
  stream: '/tunnel',
  /** Keeps each answer until it has ended. */
  poll: '/kept',
} as const

/** Starts one nginx for all carriers on a host. */
export async function startFrontEnd(host: LabHost): Promise<Program> {
  const folder = temporaryFolder()
  chmodSync(folder, 0o777)
  const spare = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  const behind = `proxy_pass http://127.0.0.1:${PORT}/tunnel;`
  const config = `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off; ${spare.join(' ')}
  server {
    listen ${host.ipv4}:${FRONT_PORT};
    location = ${PATHS.ws} {
      ${behind}
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
    location = ${PATHS.stream} { ${behind} }
    location = ${PATHS.poll} { ${behind} proxy_ignore_headers X-Accel-Buffering; }
  }
}`
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, config, { mode: 0o644 })
  const nginx = host.start('nginx', ['-c', file, '-e', `${folder}/error.log`])
  while (!(await listens(host))) await delay(PAUSE)
  return nginx
}

async function listens(host: LabHost): Promise<boolean> {
  return (await host.run('ss', '-Hltn', `sport = :${FRONT_PORT}`)).length > 0
}
