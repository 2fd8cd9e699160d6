#!/usr/bin/env python3
# browser.py PAGE - open the page in headless Chromium, driven through
# chromedriver (W3C WebDriver, plain HTTP), and use it as a person would. Speaks
# TAP lines without a plan: "ok - NAME", "not ok - NAME". With SCREENSHOTS=DIR
# pictures of it are written there. tests/long/paint.py uses it too.

import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PAGE = os.path.abspath(sys.argv[1])
PICTURES = os.environ.get('SCREENSHOTS')
ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
KEYS = {'enter': '\ue007', 'escape': '\ue00c', 'up': '\ue013',
        'down': '\ue015', 'right': '\ue014', 'left': '\ue012',
        'backspace': '\ue003'}
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
         '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync',
         '--disable-dev-shm-usage', '--window-size=1280,1000']


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(
            ['chromedriver', '--port=0'], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.base = None
        for line in self.driver.stdout:
            found = re.search(r'successfully on port (\d+)', line)
            if found:
                self.base = 'http://127.0.0.1:' + found.group(1)
                break
        if self.base is None:
            raise RuntimeError('chromedriver does not start')
        try:
            session = self.call('POST', '/session', {'capabilities': {
                'alwaysMatch': {
                    'goog:loggingPrefs': {'browser': 'ALL'},
                    'goog:chromeOptions': {
                        'binary': os.environ.get('CHROMIUM', ''),
                        'args': FLAGS + ['--user-data-dir=' + profile]}}}})
        except Exception:
            self.driver.kill()
            raise
        self.base += '/session/' + session['sessionId']

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data, {'Content-Type': 'application/json'},
            method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)['value']

    def close(self):
        try:
            self.call('DELETE', '')
        except OSError:
            pass
        self.driver.terminate()
        self.driver.wait()

    def run(self, script, *args):
        return self.call('POST', '/execute/sync',
                         {'script': script, 'args': list(args)})

    def find(self, selector):
        return self.call('POST', '/element', {
            'using': 'css selector', 'value': selector})[ELEMENT]

    def click(self, selector):
        self.call('POST', '/element/%s/click' % self.find(selector), {})

    def type(self, selector, text):
        element = self.find(selector)
        self.call('POST', '/element/%s/clear' % element, {})
        self.call('POST', '/element/%s/value' % element, {'text': text})

    def press(self, *names):
        actions = []
        for name in names:
            key = KEYS.get(name, name)
            actions += [{'type': 'keyDown', 'value': key},
                        {'type': 'keyUp', 'value': key}]
        self.call('POST', '/actions', {'actions': [
            {'type': 'key', 'id': 'keys', 'actions': actions}]})

    # The pointer, to a place in an element, from its left upper corner.
    def point(self, selector, x, y, press=False):
        box = self.run('const e = document.querySelector(arguments[0]);'
                       'e.scrollIntoView({block: "center"});'
                       'const b = e.getBoundingClientRect();'
                       'return [b.left, b.top]', selector)
        actions = [{'type': 'pointerMove', 'duration': 0, 'origin': 'viewport',
                    'x': round(box[0] + x), 'y': round(box[1] + y)}]
        if press:
            actions += [{'type': 'pointerDown', 'button': 0},
                        {'type': 'pointerUp', 'button': 0}]
        self.call('POST', '/actions', {'actions': [
            {'type': 'pointer', 'id': 'mouse', 'actions': actions}]})
        self.settle()

    # Until what was asked for is drawn.
    def settle(self):
        self.call('POST', '/execute/async', {
            'script': 'const done = arguments[0]; requestAnimationFrame(() => '
                      'requestAnimationFrame(() => done()))', 'args': []})

    def chrome(self, command, **params):
        return self.call('POST', '/goog/cdp/execute',
                         {'cmd': command, 'params': params})

    def logged(self):
        return [entry['message'] for entry in
                self.call('POST', '/se/log', {'type': 'browser'})]

    def picture(self, name, whole=True):
        if not PICTURES:
            return
        size = self.run('return [document.documentElement.clientWidth,'
                        'document.documentElement.scrollHeight]')
        image = self.chrome('Page.captureScreenshot', captureBeyondViewport=True,
                            clip={'x': 0, 'y': 0, 'width': size[0],
                                  'height': min(size[1], 6000), 'scale': 1}) \
            if whole else self.chrome('Page.captureScreenshot')
        with open(os.path.join(PICTURES, name + '.png'), 'wb') as out:
            out.write(base64.b64decode(image['data']))


failed = 0


def check(name, is_right, why=''):
    global failed
    failed += not is_right
    print(('ok - ' if is_right else 'not ok - ') + name, flush=True)
    if not is_right and why != '':
        for line in str(why).splitlines()[:20]:
            print('#   ' + line)


def open_page(b, page=PAGE):
    b.call('POST', '/url', {'url': 'file://' + page})
    end = time.monotonic() + 30
    while not b.run('return document.documentElement.dataset.ready') and \
            time.monotonic() < end:
        time.sleep(0.05)


def graph(b):
    state = b.run('const c = document.querySelector("#flame");'
                  'return {root: c.dataset.root, frames: +c.dataset.frames,'
                  ' width: c.clientWidth, row: +c.dataset.row}')
    return state


def try_graph(b):
    before = graph(b)
    b.point('#flame', before['width'] * 0.3, before['row'] * 1.5)
    tip = b.run('const t = document.querySelector("#tip");'
                'return t.hidden ? "" : t.textContent')
    check('hover says what is under the pointer', '%' in tip, tip)
    b.picture('hover', whole=False)
    b.point('#flame', before['width'] * 0.3, before['row'] * 1.5, press=True)
    inside = graph(b)
    check('a click zooms in', inside['root'] != before['root'] and
          inside['root'] != '', inside)
    b.press('escape')
    b.settle()
    check('Escape zooms out', graph(b)['root'] == before['root'], graph(b))
    b.run('document.querySelector("#flame").focus()')
    b.press('down', 'down', 'enter')
    b.settle()
    deep = graph(b)
    check('arrows and Enter do the same by keyboard',
          deep['root'] not in ('', before['root']), deep)
    b.click('#reset')
    b.settle()
    check('a button zooms out', graph(b)['root'] == before['root'])


def try_search(b, word):
    b.run('document.activeElement.blur()')
    b.press('/')
    check('/ goes to the search',
          b.run('return document.activeElement.id') == 'search')
    b.type('#search', word)
    b.settle()
    found = b.run('return document.querySelector("#found").textContent')
    check('search says how much matches', '%' in found, found)
    b.picture('search', whole=False)
    b.type('#search', 'no such name anywhere')
    b.settle()
    found = b.run('return document.querySelector("#found").textContent')
    check('search says that nothing matches', 'match' in found and
          re.match(r'^(0|nothing)', found) is not None, found)
    b.run('const s = document.querySelector("#search"); s.value = "";'
          's.dispatchEvent(new Event("input"))')


def try_measures(b):
    keys = b.run('return [...document.querySelectorAll("#measures button")]'
                 '.filter((x) => !x.disabled).map((x) => x.textContent)')
    for i, key in enumerate(keys):
        b.run('[...document.querySelectorAll("#measures button")]'
              '.filter((x) => !x.disabled)[arguments[0]].click()', i)
        b.settle()
    check('each measure draws a graph', len(keys) >= 2 and
          graph(b)['frames'] > 1, keys)
    b.run('document.querySelector("#measures button:not(:disabled)").click()')


def try_table(b, word):
    rows = 'return [...document.querySelectorAll("#sites > tr")].length'
    count = b.run(rows)
    check('the table has rows', count > 0)
    b.run('document.querySelector("#sites td.site button").click()')
    stack = b.run('const s = document.querySelector("#sites .stack");'
                  'return s ? s.textContent : ""')
    check('a row opens its stack', word in stack, stack)
    source = b.run('const s = document.querySelector("#sites pre.src .at");'
                   'return s ? s.textContent : ""')
    check('with the line of the source', 'malloc' in source or
          'alloc' in source or 'new' in source, source)
    b.click('[data-sort=blocks]')
    order = b.run('return document.querySelector("[data-sort=blocks]")'
                  '.parentElement.getAttribute("aria-sort")')
    check('it is sorted by a click', order == 'descending', order)
    b.type('#filter', 'no such name anywhere')
    check('it is filtered', b.run(rows) == 0)
    b.run('const s = document.querySelector("#filter"); s.value = "";'
          's.dispatchEvent(new Event("input"))')
    check('and whole again', b.run(rows) == count)


def try_looks(b):
    wide = 'return document.documentElement.scrollWidth'
    colour = 'return getComputedStyle(document.body).backgroundColor'
    light = b.run(colour)
    b.picture('light')
    b.chrome('Emulation.setEmulatedMedia', features=[
        {'name': 'prefers-color-scheme', 'value': 'dark'}])
    b.settle()
    dark = b.run(colour)
    check('dark where the reader wants it so', dark != light, dark)
    b.picture('dark')
    b.click('#theme')
    b.settle()
    check('a button changes it', b.run(colour) == light, b.run(colour))
    b.chrome('Emulation.setEmulatedMedia', features=[])
    b.chrome('Emulation.setDeviceMetricsOverride', width=400, height=800,
             deviceScaleFactor=1, mobile=True)
    b.settle()
    check('400 pixels are wide enough', b.run(wide) <= 400, b.run(wide))
    b.picture('narrow')
    b.chrome('Emulation.clearDeviceMetricsOverride')
    b.settle()


def try_policy(b):
    b.run('const s = document.createElement("script");'
          's.textContent = "window.intruder = 1"; document.body.append(s)')
    check('no other script runs', b.run('return window.intruder') is None)
    b.run('const i = new Image(); i.src = "http://127.0.0.1:9/x.png";'
          'document.body.append(i); window.picture = i')
    # What was refused may have an entry: nothing came for it.
    came = b.run('return performance.getEntriesByType("resource")'
                 '.filter(e => e.responseStart || e.transferSize)'
                 '.map(e => e.name)')
    check('nothing is loaded', came == [], came)
    refused = [m for m in b.logged() if 'Content Security Policy' in m]
    check('the content policy refused both', len(refused) >= 2, refused)


def main():
    # Stopped from outside, the browser ends too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as profile:
        b = Browser(profile)
        try:
            open_page(b)
            paint = b.run(
                'const p = performance.getEntriesByName('
                '"first-contentful-paint")[0]; return p ? p.startTime : -1')
            ready = b.run('return performance.now()')
            check('the page is drawn', b.run(
                'return document.documentElement.dataset.ready') == 'yes' and
                graph(b)['frames'] > 1, b.logged())
            print('# first paint after %.0f ms, ready before %.0f ms' %
                  (paint, ready))
            try_graph(b)
            word = os.environ.get('WORD', 'main')
            try_search(b, word)
            try_measures(b)
            try_table(b, word)
            try_looks(b)
            logged = b.logged()
            check('the console has nothing to say', logged == [], logged)
            try_policy(b)
        finally:
            b.close()
    return verdict()


# What a main returns is the exit status.
def guard(main):
    try:
        sys.exit(main())
    except OSError as error:
        # It did not answer in a minute, or went away: nothing is known of the
        # page.
        print('# the browser: %s' % error)
        sys.exit(1 if failed else 77)


def verdict():
    return 1 if failed else 0


if __name__ == '__main__':
    guard(main)
