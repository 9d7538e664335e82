import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { nginxArguments } from '../../../lab/servers/nginx-arguments.js'
import { ServerFolder, startServer } from '../../../lab/servers/server.js'
import { groupFullTunnelLab, NAMES, SERVER, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORTAL = 'portal.example.org'
const BEHIND = 8080
/** Whom "sudo" was called by. */
const NOBODY = 65_534
/** Without a screen Chromium is private, and so warns of pages without TLS, unless it is given a profile. */
const HEADLESS = '--headless=new --user-data-dir="$HOME/profile"'
/** Logs in by itself, as a user with a form before them would. */
const PAGE = `<!doctype html><title>Log in</title><form method="post" action="/login"><input name="room" value="7"></form>
<script>document.forms[0].submit()</script>`

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft', 'program unshare'] as const),
    ...(['program nginx', 'program setpriv', 'program chromium'] as const),
  ],
  "a login by Chromium at nginx' page, beside a full tunnel with a kill switch",
  () => {
    const lab = groupFullTunnelLab()

    it('sends the form, after which the tunnel comes up and the browser ends', async () => {
      const server = lab.up(lab.server, lab.serverFile(`ws://127.0.0.1:${BEHIND}/door`))
      await server.line('listening')
      const folder = await startPortal()
      const names = [`${PORTAL}=${WORLD.ipv4}`, `${NAMES.server}=${WORLD.ipv4}`]
      const nameServer = lab.server.node('name-server.js', lab.server.ipv4, ...names)
      await nameServer.line('ready', 'stdout')
      const browser = join(lab.folder, 'browser')
      chmodSync(lab.folder, 0o755)
      writeFileSync(browser, `#!/bin/sh\nexec chromium ${HEADLESS} "$@"\n`, { mode: 0o755 })
      const file = lab.clientFile({
        endpoint: `ws://${NAMES.server}/door`,
        allowed: ['0.0.0.0/0', '::/0'],
        more: [
          ...['kill-switch = true', `dns = ["${SERVER.ipv4}"]`, 'login = true'],
          `login-browser = "${browser}"`,
        ],
      })
      const tunnel = lab.up(lab.client, file)
      await tunnel.line('a login page is in the way')
      const login = lab.client.start(process.execPath, [QANAT, 'login', file], {
        env: { ...lab.environment, SUDO_UID: String(NOBODY), SUDO_USER: 'nobody' },
      })
      expect(await login.line('opens', 'stdout')).toContain(` a browser of nobody opens http://${PORTAL}/;`)
      expect(await login.ending(30_000)).toEqual({ code: 0, signal: null })
      expect(login.stdout.at(-1)).toBe('the login page is gone: the tunnel is free to connect')
      expect(readFileSync(join(folder, 'POST'), 'utf8')).toMatch(/^room=7 by Mozilla\/5\.0 .*Chrome\/\d+/)
      expect(nameServer.stdout).toContain(`${PORTAL} from ${lab.client.ipv4}`)
      expect(await lab.client.run('ping', '-c1', '-W5', SERVER.ipv4)).toContain('1 received')
    })

    /** Starts a portal that passes what is for the server once the form came; returns the folder that has a file then. */
    async function startPortal(): Promise<string> {
      const folder = new ServerFolder()
      const logins = join(folder.path, 'logins')
      mkdirSync(logins)
      chmodSync(logins, 0o777)
      folder.write('page.html', PAGE)
      const config = nginxArguments(
        folder,
        `listen 127.0.0.1:81; return 200 'Welcome'; }
      log_format form '$request_body by $http_user_agent';
      server {
        listen ${WORLD.ipv4}:80; root ${folder.path}; default_type text/html;
        location / { if ($host = ${NAMES.server}) { return 302 http://${PORTAL}/; } try_files /page.html =404; }
        location = /login { access_log ${logins}/$request_method form; proxy_pass http://127.0.0.1:81; }
        location = /door {
          if (!-f ${logins}/POST) { return 302 http://${PORTAL}/; }
          proxy_pass http://127.0.0.1:${BEHIND};
          proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection upgrade;
        }`,
      )
      await startServer('nginx', config, 80, lab.server)
      return logins
    }
  },
)
