'use strict';
/* What stands in the page as text is painted first, then this draws. */
(function (start) {
  let begun = false;
  const once = () => { if (!begun) { begun = true; start(); } };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, 1000); /* where nothing is painted: in a tab behind */
})(function () {
  /* What the page shows is all in one block of data; nothing is fetched, and
   * names reach the page as text alone. */
  const D = JSON.parse(document.getElementById('data').textContent);
  const $ = (id) => document.getElementById(id);
  const el = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const svg = (tag, attrs, text) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const k in attrs) e.setAttribute(k, attrs[k]);
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const fmt = new Intl.NumberFormat('en-US');
  const num = (n) => fmt.format(n);
  const size = (n) => {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let u = 0, v = Math.abs(n);
    while (v >= 1024 && u < 4) { v /= 1024; u++; }
    return (n < 0 ? '-' : '') + (u === 0 ? v : v.toFixed(v < 10 ? 2 : 1)) +
      ' ' + units[u];
  };
  const time = (ms) => ms < 1000 ? Math.round(ms) + ' ms'
    : ms < 60000 ? (ms / 1000).toFixed(1) + ' s'
    : ms < 3600000 ? Math.floor(ms / 60000) + ' m ' +
      String(Math.floor(ms / 1000) % 60).padStart(2, '0') + ' s'
    : Math.floor(ms / 3600000) + ' h ' +
      String(Math.floor(ms / 60000) % 60).padStart(2, '0') + ' m';
  const css = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const isDark = () => {
    const t = document.documentElement.dataset.theme;
    return t ? t === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
  };
  const base = (path) => path.slice(path.lastIndexOf('/') + 1);

  /* ---- tooltip ---- */
  const tip = $('tip');
  function showTip(x, y, title, lines) {
    tip.replaceChildren(el('b', '', title));
    for (const line of lines) tip.append(el('div', '', line));
    tip.hidden = false;
    const w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - w - 6)) + 'px';
    tip.style.top = (y + 18 + h > innerHeight ? y - h - 10 : y + 18) + 'px';
  }
  const hideTip = () => { tip.hidden = true; };

  /* ---- the tree ---- */
  /* Numbers of five bits a character; pagedata.c packs them. */
  const digit = new Uint8Array(128);
  for (let i = 0; i < 64; i++)
    digit['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .charCodeAt(i)] = i;
  function unpack(text) {
    let at = 0;
    return () => {
      let d = digit[text.charCodeAt(at++)], n = d & 31, unit = 1;
      while (d > 31) {
        d = digit[text.charCodeAt(at++)];
        unit *= 32;
        n += (d & 31) * unit;
      }
      return n;
    };
  }
  /* A chain of nodes for each stack, each the parent of the next; the first
   * hangs some levels above the last of the chain before. */
  const T = D.tree, N = T.n;
  const parent = new Int32Array(N), first = new Int32Array(N),
    next = new Int32Array(N), fn = new Uint32Array(N), tails = [0];
  {
    const read = unpack(T.t);
    for (let i = 1; i < N;) {
      let p = i - 1;
      for (let up = read(); up > 0; up--) p = parent[p];
      for (let n = read(); n > 0; n--, i++) {
        parent[i] = p;
        next[i] = first[p];
        first[p] = i;
        fn[i] = read();
        p = i;
      }
      tails.push(p);
    }
  }
  const M = D.measures;
  const totals = M.map(() => null);
  /* The sums of a measure, made when it is first looked at. */
  function sums(m) {
    if (totals[m]) return totals[m];
    const v = new Float64Array(N), read = unpack(T.v[m]);
    for (const i of tails) v[i] = read();
    for (let i = N - 1; i > 0; i--) v[parent[i]] += v[i];
    totals[m] = v;
    return v;
  }
  /* What a box of the picture stands for: a node, or, in one number with it,
   * those of its children, the largest first, that are too narrow to be seen
   * beside the others. */
  const nodeOf = (id) => id % N;
  const isRest = (id) => id >= N;
  const startOf = (id) => Math.floor(id / N) - 1;
  const restOf = (i, from) => i + (from + 1) * N;
  const nameOf = (id) => isRest(id)
    ? num(members(id).length) + ' smaller ones in ' + nameOf(nodeOf(id))
    : id === 0 ? 'all stacks' : D.names[fn[id]];
  const fileOf = (id) => id === 0 || isRest(id) ? ''
    : D.files[D.fileof[fn[id]]] || '';
  const say = (m, n) => M[m].unit === 'bytes' ? size(n)
    : num(n) + ' ' + (n === 1 ? 'block' : 'blocks');

  /* ---- flame graph ---- */
  const canvas = $('flame');
  const ROW = 20;
  const state = { m: D.first, root: 0, hover: -1, chosen: 0, hits: null,
    above: null, rows: [] };
  const hues = { leaked: [8, 40], live: [195, 45], allocated: [95, 60],
    count: [255, 50] };
  function hash(f) {
    const s = D.names[f].split(/[(<]/)[0];
    let h = 2166136261;
    for (let i = 0; i < s.length; i++)
      h = Math.imul(h ^ s.charCodeAt(i), 16777619);
    return (h >>> 0) / 4294967296;
  }
  /* The colours of functions, as long as nothing of this changes. */
  let paints = new Map(), paintedAs = null;
  function colour(id, look) {
    if (isRest(id)) return state.above &&
      members(id).some((c) => state.above[c]) ? look.hit : look.none;
    if (id === 0) return look.none;
    const f = fn[id];
    if (state.hits && state.hits[f]) return look.hit;
    let paint = paints.get(f);
    if (paint === undefined) {
      const h = hash(f);
      const [from, width] = hues[M[state.m].key.split('-')[0]] || [30, 30];
      const dim = state.hits ? 12 : look.dark ? 42 : 68;
      paint = 'hsl(' + (from + h * width).toFixed(0) + ' ' + dim + '% ' +
        (look.dark ? 34 + h * 10 : 70 + h * 10).toFixed(0) + '%)';
      paints.set(f, paint);
    }
    return paint;
  }
  const ranks = new Map();
  /* The children of a node, the largest first, and what they weigh from each
   * of them on. */
  function ranked(i) {
    const key = i * 8 + state.m, v = sums(state.m);
    let all = ranks.get(key);
    if (!all) {
      const list = [];
      for (let c = first[i]; c; c = next[c]) if (v[c] > 0) list.push(c);
      if (list.length > 1) list.sort((a, b) => v[b] - v[a] || a - b);
      const weight = new Float64Array(list.length + 1);
      for (let k = list.length - 1; k >= 0; k--)
        weight[k] = weight[k + 1] + v[list[k]];
      all = { list, weight };
      ranks.set(key, all);
    }
    return all;
  }
  const members = (id) => isRest(id)
    ? ranked(nodeOf(id)).list.slice(startOf(id)) : ranked(id).list;
  const valueOf = (id) => isRest(id) ? ranked(nodeOf(id)).weight[startOf(id)]
    : sums(state.m)[id];
  const parentOf = (id) => isRest(id) ? nodeOf(id) : parent[id];
  let width = 0;
  /* The boxes below one. Only what is half a pixel wide gets its own, so a tree
   * of any size costs what the screen can show; the others share one. */
  function below(box, out) {
    const v = sums(state.m), i = nodeOf(box.id), { list, weight } = ranked(i);
    const from = isRest(box.id) ? startOf(box.id) : 0;
    let total = valueOf(box.id), x = box.x, room = box.w, k = from;
    if (isRest(box.id) && room * v[list[k]] < total * 0.5) {
      /* All are narrow, so as many as fit share the room of all. */
      const end = Math.min(k + Math.max(16, Math.floor(room / 4)), list.length);
      if (end < list.length) room -= 40;
      total = weight[k] - weight[end];
      for (; k < end; k++) {
        const w = room * v[list[k]] / total;
        out.push({ id: list[k], x, w });
        x += w;
      }
      if (k < list.length) out.push({ id: restOf(i, k), x, w: 40 });
      return;
    }
    for (; k < list.length; k++) {
      const w = room * v[list[k]] / total;
      if (w < 0.5) break;
      out.push({ id: list[k], x, w });
      x += w;
    }
    const w = room * weight[k] / total;
    if (k < list.length && w >= 0.5) out.push({ id: restOf(i, k), x, w });
  }
  function layout() {
    const rows = [], up = [];
    for (let id = state.root; id !== 0; id = parentOf(id))
      up.push(parentOf(id));
    for (const id of up.reverse())
      rows.push([{ id, x: 0, w: width, up: true }]);
    let level = [{ id: state.root, x: 0, w: width }];
    while (level.length) {
      rows.push(level);
      const row = [];
      for (const box of level)
        if (box.w >= 0.5 && (!isRest(box.id) || box.id === state.root))
          below(box, row);
      level = row;
    }
    state.rows = rows;
  }
  function shorten(text, room) {
    if (text.length * 5 <= room) return text;
    while (text.length > 2 && ctx.measureText(text + '…').width > room)
      text = text.slice(0, Math.max(2, Math.floor(text.length *
        Math.min(0.92, room / ctx.measureText(text + '…').width))));
    return text + '…';
  }
  /* The picture is kept: a pointer that moves changes an outline alone. */
  const kept = document.createElement('canvas'), ctx = kept.getContext('2d');
  function paint() {
    const dpr = devicePixelRatio || 1, dark = isDark();
    const look = { dark, hit: css('--hit'),
      none: dark ? '#3a4556' : '#d5dbe5' };
    width = canvas.parentElement.clientWidth;
    layout();
    const as = [state.m, dark, state.hits !== null].join();
    if (as !== paintedAs) paints = new Map();
    paintedAs = as;
    const height = Math.max(state.rows.length, 3) * ROW + 2;
    canvas.style.height = height + 'px';
    canvas.width = kept.width = Math.round(width * dpr);
    canvas.height = kept.height = Math.round(height * dpr);
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.font = '12px system-ui, sans-serif';
    ctx.textBaseline = 'middle';
    const ink = dark ? '#f1f4f8' : '#17202e';
    state.rows.forEach((row, d) => {
      for (const r of row) {
        ctx.globalAlpha = r.up ? 0.55 : 1;
        ctx.fillStyle = colour(r.id, look);
        ctx.fillRect(r.x, d * ROW, Math.max(r.w - (r.w > 3 ? 1 : 0), 0.5),
          ROW - 1);
        if (r.w > 34) {
          ctx.fillStyle = ink;
          ctx.fillText(shorten(nameOf(r.id), r.w - 10), r.x + 5,
            d * ROW + ROW / 2);
        }
      }
    });
    canvas.dataset.row = ROW;
    canvas.dataset.root = nameOf(state.root);
    canvas.dataset.frames = state.rows.reduce((n, r) => n + r.length, 0);
  }
  const screen = canvas.getContext('2d');
  function show() {
    const dpr = devicePixelRatio || 1;
    screen.setTransform(1, 0, 0, 1, 0, 0);
    screen.clearRect(0, 0, canvas.width, canvas.height);
    screen.drawImage(kept, 0, 0);
    screen.setTransform(dpr, 0, 0, dpr, 0, 0);
    outline(state.hover, css('--soft'), 1.5);
    if (document.activeElement === canvas || state.chosen)
      outline(state.chosen, css('--focus'), 2);
  }
  function draw() {
    paint();
    show();
  }
  function find(id) {
    for (let d = 0; d < state.rows.length; d++)
      for (const r of state.rows[d]) if (r.id === id) return { r, d };
    return null;
  }
  function outline(id, colourName, line) {
    if (id < 0) return;
    const at = find(id);
    if (!at) return;
    screen.strokeStyle = colourName;
    screen.lineWidth = line;
    screen.strokeRect(at.r.x + 1, at.d * ROW + 1, Math.max(at.r.w - 3, 1),
      ROW - 3);
  }
  function hit(ev) {
    const box = canvas.getBoundingClientRect();
    const x = ev.clientX - box.left;
    const row = state.rows[Math.floor((ev.clientY - box.top) / ROW)];
    if (!row) return -1;
    let lo = 0, hi = row.length - 1;
    while (lo <= hi) {
      const mid = (lo + hi) >> 1, r = row[mid];
      if (x < r.x) hi = mid - 1;
      else if (x >= r.x + r.w) lo = mid + 1;
      else return r.id;
    }
    return -1;
  }
  function share(id) {
    const v = valueOf(id);
    const of = (n) => n > 0 ? (100 * v / n).toFixed(1) + ' %' : '-';
    return say(state.m, v) + ' · ' + of(valueOf(0)) + ' of all' +
      (state.root && id ? ' · ' + of(valueOf(state.root)) +
        ' of what is shown' : '');
  }
  function describe(i) {
    const box = $('detail');
    box.replaceChildren(el('b', '', nameOf(i)), el('div', '', share(i)));
    if (fileOf(i)) box.append(el('div', 'mono', fileOf(i)));
  }
  let queued = false, stale = false;
  function later() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      if (stale) paint();
      stale = false;
      show();
    });
  }
  function redraw() {
    stale = true;
    later();
  }
  function zoom(i) {
    state.root = i;
    state.chosen = i;
    state.hover = -1;
    $('reset').disabled = i === 0;
    describe(i);
    redraw();
  }
  canvas.addEventListener('mousemove', (ev) => {
    const i = hit(ev);
    if (i !== state.hover) { state.hover = i; later(); }
    if (i < 0) { hideTip(); return; }
    const lines = [share(i)];
    if (fileOf(i)) lines.push(fileOf(i));
    showTip(ev.clientX, ev.clientY, nameOf(i), lines);
  });
  canvas.addEventListener('mouseleave', () => {
    state.hover = -1;
    hideTip();
    later();
  });
  canvas.addEventListener('click', (ev) => {
    const i = hit(ev);
    if (i >= 0) zoom(i);
  });
  canvas.addEventListener('keydown', (ev) => {
    /* To the box that stands there. */
    let i = state.chosen;
    const at = find(i) || find(state.root), row = state.rows[at.d];
    const k = row.indexOf(at.r);
    const under = (r) => r.x > at.r.x - 0.01 && r.x < at.r.x + at.r.w;
    const over = (r) => r.x <= at.r.x + 0.01 && at.r.x < r.x + r.w;
    const to = (r) => { if (r) i = r.id; };
    switch (ev.key) {
      case 'ArrowDown': to((state.rows[at.d + 1] || []).find(under)); break;
      case 'ArrowUp': to((state.rows[at.d - 1] || []).find(over)); break;
      case 'ArrowLeft': to(row[k - 1]); break;
      case 'ArrowRight': to(row[k + 1]); break;
      case 'Enter': case ' ': zoom(i); ev.preventDefault(); return;
      case 'Backspace': zoom(parentOf(state.root)); ev.preventDefault(); return;
      case 'Escape': zoom(0); return;
      default: return;
    }
    ev.preventDefault();
    state.chosen = i;
    describe(i);
    later();
  });
  canvas.addEventListener('focus', later);
  canvas.addEventListener('blur', later);
  $('reset').addEventListener('click', () => zoom(0));

  /* ---- which measure ---- */
  M.forEach((m, i) => {
    const b = el('button', '', m.label);
    b.type = 'button';
    b.disabled = !isAny(i);
    b.setAttribute('aria-pressed', i === state.m);
    b.addEventListener('click', () => {
      state.m = i;
      for (const other of $('measures').children)
        other.setAttribute('aria-pressed', other === b);
      zoom(0);
      find$();
    });
    $('measures').append(b);
  });
  /* Whether a stack has any: A is 0. */
  function isAny(m) { return /[^A]/.test(T.v[m]); }

  /* ---- search ---- */
  function find$() {
    const text = $('search').value.trim();
    const out = $('found');
    state.hits = state.above = null;
    out.textContent = '';
    if (text) {
      let test;
      try {
        const re = new RegExp(text, 'i');
        test = (s) => re.test(s);
      } catch (e) {
        const low = text.toLowerCase();
        test = (s) => s.toLowerCase().includes(low);
      }
      const hits = new Uint8Array(D.names.length);
      D.names.forEach((n, i) => {
        if (test(n) || test(D.files[D.fileof[i]] || '')) hits[i] = 1;
      });
      state.hits = hits;
      /* What is below a hit is counted with it, once. */
      const v = sums(state.m), under = new Uint8Array(N);
      let sum = 0;
      for (let i = 1; i < N; i++) {
        if (under[parent[i]]) under[i] = 1;
        else if (hits[fn[i]]) { under[i] = 1; sum += v[i]; }
      }
      const above = new Uint8Array(N);
      for (let i = N - 1; i > 0; i--)
        if (above[i] || hits[fn[i]]) above[i] = above[parent[i]] = 1;
      state.above = above;
      out.textContent = v[0] > 0 ? say(state.m, sum) + ' match, ' +
        (100 * sum / v[0]).toFixed(1) + ' %' : 'nothing matches';
    }
    redraw();
  }
  $('search').addEventListener('input', find$);
  document.addEventListener('keydown', (ev) => {
    if (ev.key === '/' && !/INPUT|SELECT/.test(document.activeElement.tagName)) {
      ev.preventDefault();
      $('search').focus();
    }
  });

  /* ---- live bytes over time ---- */
  function ticks(max, n) {
    const raw = max / n, p = Math.pow(2, Math.floor(Math.log2(raw || 1)));
    const step = raw / p > 1.5 ? 2 * p : p, out = [];
    for (let v = 0; v <= max; v += step) out.push(v);
    return out;
  }
  function timeline() {
    const H = D.history;
    const box = $('time');
    if (!box || H.length < 2) return;
    const W = 760, HT = 240, L = 66, B = 26, R = 12, TOP = 18;
    const tmax = Math.max(H[H.length - 1][0], 1);
    const bmax = Math.max(...H.map((p) => p[1]), 1) * 1.08;
    const x = (t) => L + (W - L - R) * t / tmax;
    const y = (b) => TOP + (HT - TOP - B) * (1 - b / bmax);
    const s = svg('svg', { viewBox: '0 0 ' + W + ' ' + HT, class: 'chart',
      role: 'img', 'aria-label': 'Live bytes over time: from ' + size(H[0][1]) +
      ' to ' + size(H[H.length - 1][1]) + ' in ' + time(tmax) });
    for (const b of ticks(bmax, 4)) {
      s.append(svg('line', { x1: L, x2: W - R, y1: y(b), y2: y(b),
        class: 'grid' }));
      s.append(svg('text', { x: L - 8, y: y(b) + 4, 'text-anchor': 'end' },
        size(b)));
    }
    for (let k = 0; k <= 4; k++) {
      s.append(svg('text', { x: x(tmax * k / 4), y: HT - 8,
        'text-anchor': k === 0 ? 'start' : k === 4 ? 'end' : 'middle' },
        time(tmax * k / 4)));
    }
    const line = H.map((p, i) => (i ? 'L' : 'M') + x(p[0]).toFixed(1) + ' ' +
      y(p[1]).toFixed(1)).join('');
    s.append(svg('path', { class: 'area', d: line + 'L' + x(tmax) + ' ' + y(0) +
      'L' + x(H[0][0]) + ' ' + y(0) + 'Z' }));
    s.append(svg('path', { class: 'curve', d: line }));
    for (const m of D.marks) {
      s.append(svg('line', { class: 'mark', x1: x(m[0]), x2: x(m[0]), y1: TOP,
        y2: HT - B }));
      s.append(svg('text', { class: 'marktext', x: x(m[0]) + 4, y: TOP - 5 },
        'mark ' + m[1]));
    }
    const cross = svg('line', { class: 'cross', y1: TOP, y2: HT - B, x1: -9,
      x2: -9 });
    const dot = svg('circle', { class: 'dot', r: 4, cx: -9, cy: -9 });
    s.append(cross, dot);
    s.addEventListener('mousemove', (ev) => {
      const b = s.getBoundingClientRect();
      const t = ((ev.clientX - b.left) * W / b.width - L) / (W - L - R) * tmax;
      let lo = 0, hi = H.length - 1;
      while (lo < hi) {
        const mid = (lo + hi) >> 1;
        if (H[mid][0] < t) lo = mid + 1; else hi = mid;
      }
      const p = H[lo];
      cross.setAttribute('x1', x(p[0]));
      cross.setAttribute('x2', x(p[0]));
      dot.setAttribute('cx', x(p[0]));
      dot.setAttribute('cy', y(p[1]));
      showTip(ev.clientX, ev.clientY, size(p[1]),
        [num(p[2]) + ' blocks', 'after ' + time(p[0])]);
    });
    s.addEventListener('mouseleave', hideTip);
    box.append(s);
  }

  /* ---- sizes ---- */
  function meter(part, whole) {
    const m = el('div', 'meter'), i = el('i');
    i.style.width = (whole > 0 ? Math.max(100 * part / whole,
      part > 0 ? 1 : 0) : 0) + '%';
    m.append(i);
    return m;
  }
  function cell(row, text, cls) {
    const td = el('td', cls || '', text);
    row.append(td);
    return td;
  }
  function histogram() {
    const body = $('sizes');
    if (!body) return;
    const most = Math.max(...D.sizes.map((s) => s[2]), 1);
    for (const [from, to, made, live] of D.sizes) {
      const row = el('tr');
      cell(row, from === to ? num(from) + ' B' : from < 1024
        ? num(from) + '–' + num(to) + ' B' : size(from) + '–' + size(to + 1));
      cell(row, num(made), 'n');
      cell(row, num(live), 'n');
      cell(row, undefined, 'wide').append(meter(made, most));
      body.append(row);
    }
  }

  /* ---- sites ---- */
  const sites = D.sites;
  let order = { key: 'bytes', up: false }, shown = 25;
  function stackOf(s) {
    const list = el('ol', 'stack');
    s.stack.forEach(([f, line, src]) => {
      const li = el('li');
      li.append(el('span', 'mono', D.names[f]));
      const file = D.files[D.fileof[f]];
      if (file) li.append(el('span', 'in', ' in ' + file +
        (line ? ':' + line : '')));
      list.append(li);
      if (src !== undefined && D.source[src]) {
        const pre = el('pre', 'src'), [from, at, lines] = D.source[src];
        lines.forEach((text, k) => {
          const n = from + k;
          pre.append(el('span', n === at ? 'at' : '',
            String(n).padStart(5) + '  ' + text + '\n'));
        });
        list.append(pre);
      }
    });
    if (!s.stack.length) list.append(el('li', '', 'not recorded'));
    return list;
  }
  function siteName(s) {
    if (!s.stack.length) return 'a place that was not recorded';
    const [f, line] = s.stack[0];
    const file = D.files[D.fileof[f]];
    return D.names[f] + (file ? ' (' + base(file) + (line ? ':' + line : '') +
      ')' : '');
  }
  function table() {
    const body = $('sites');
    const text = $('filter').value.trim().toLowerCase();
    const list = sites.filter((s) => !text || s.kind.includes(text) ||
      s.stack.some(([f]) => D.names[f].toLowerCase().includes(text) ||
        (D.files[D.fileof[f]] || '').toLowerCase().includes(text)));
    list.sort((a, b) => (order.up ? 1 : -1) *
      (a[order.key] < b[order.key] ? -1 : a[order.key] > b[order.key] ? 1 : 0));
    body.replaceChildren();
    for (const s of list.slice(0, shown)) {
      const row = el('tr');
      const td = cell(row, undefined, 'site');
      const b = el('button', '', siteName(s));
      b.type = 'button';
      b.setAttribute('aria-expanded', 'false');
      b.addEventListener('click', () => {
        const open = b.getAttribute('aria-expanded') === 'true';
        b.setAttribute('aria-expanded', !open);
        if (open) td.lastChild.remove();
        else td.append(stackOf(s));
      });
      td.append(b);
      const kind = cell(row);
      kind.append(el('span', 'kind ' + s.kind, s.kind));
      if (s.trend) kind.append(' ', el('span', 'kind ' + s.trend, s.trend +
        (s.rate ? ' ' + size(s.rate) + '/h' : '')));
      cell(row, D.diff ? (s.bytes >= 0 ? '+' : '') + size(s.bytes)
        : size(s.bytes), 'n').title = num(s.bytes) + ' bytes';
      cell(row, num(s.blocks), 'n');
      cell(row, s.age ? time(s.age) : '', 'n');
      body.append(row);
    }
    $('more').hidden = list.length <= shown;
    $('more').textContent = 'Show more (' + num(list.length - shown) + ')';
    $('none').hidden = list.length > 0;
    document.querySelectorAll('[data-sort]').forEach((b) => {
      const mine = b.dataset.sort === order.key;
      b.parentElement.setAttribute('aria-sort', !mine ? 'none'
        : order.up ? 'ascending' : 'descending');
    });
  }
  $('more').addEventListener('click', () => { shown += 100; table(); });
  $('filter').addEventListener('input', () => { shown = 25; table(); });
  document.querySelectorAll('[data-sort]').forEach((b) =>
    b.addEventListener('click', () => {
      const key = b.dataset.sort;
      order = { key, up: order.key === key ? !order.up : key === 'kind' };
      table();
    }));

  /* ---- light and dark ---- */
  $('theme').addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    draw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new ResizeObserver(redraw).observe(canvas.parentElement);

  describe(0);
  draw();
  timeline();
  histogram();
  table();
  document.documentElement.dataset.ready = 'yes';
});
