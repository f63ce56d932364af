// Renews the parts of the board in place every two seconds, and says so when it cannot.
(() => {
  'use strict';
  const period = 2000;   // ms between two readings
  const patience = 8000; // ms without one until the page says it lost the server
  const parts = ['windows', 'clock', 'board', 'ended'];
  const link = document.getElementById('link');
  const age = document.getElementById('age');
  let read = Date.now();
  let state = '';

  const key = (n) => (n.nodeType === 1 ? n.getAttribute('data-key') : null);
  const alike = (a, b) => a.nodeName === b.nodeName && key(a) === key(b);

  // renew makes a like b and keeps every node that stands for the same thing,
  // so that focus, selection and place are kept.
  function renew(a, b) {
    if (a.nodeType !== 1) {
      if (a.nodeValue !== b.nodeValue) a.nodeValue = b.nodeValue;
      return;
    }
    for (const { name } of [...a.attributes]) if (!b.hasAttribute(name)) a.removeAttribute(name);
    for (const { name, value } of b.attributes) if (a.getAttribute(name) !== value) a.setAttribute(name, value);
    children(a, b);
  }

  function children(a, b) {
    const kept = new Map();
    for (const n of a.childNodes) if (key(n) !== null) kept.set(key(n), n);
    let at = a.firstChild;
    for (const want of b.childNodes) {
      let have = key(want) !== null ? kept.get(key(want)) : at;
      if (!have || !alike(have, want)) {
        a.insertBefore(document.importNode(want, true), at);
        continue;
      }
      if (have === at) at = at.nextSibling;
      else a.insertBefore(have, at);
      renew(have, want);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function say(now) {
    const old = Math.floor((now - read) / 1000);
    const is = now - read < patience ? 'live' : 'lost';
    if (is !== state) {
      state = is;
      link.textContent = is === 'live' ? 'Live' : 'No connection';
      document.body.classList.toggle('is-live', is === 'live');
      document.body.classList.toggle('is-lost', is === 'lost');
    }
    age.textContent = is === 'live' ? '' : 'values ' + (old < 120 ? old + ' s' : Math.floor(old / 60) + ' min') + ' old';
  }

  async function poll() {
    if (!document.hidden) {
      try {
        const answer = await fetch('/live' + location.search, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
        if (!answer.ok) throw new Error(answer.status);
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        for (const id of parts) children(document.getElementById(id), page.getElementById(id));
        read = Date.now();
      } catch {
        // The age on the page tells; the next turn tries again.
      }
    }
    setTimeout(poll, period);
  }

  for (const box of document.querySelectorAll('form select')) box.addEventListener('change', () => box.form.requestSubmit());
  document.addEventListener('visibilitychange', () => say(Date.now()));
  setInterval(() => say(Date.now()), 1000);
  say(read);
  setTimeout(poll, period);
})();
