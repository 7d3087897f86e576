// What the console does beyond plain pages. Everything works without it, except that nothing moves by itself.
'use strict';

// Parts marked data-refresh="ms" are fetched again and put in place of the old ones, unless somebody is working in them.
function refresh() {
  const parts = [...document.querySelectorAll('[data-refresh][id]')];
  if (parts.length === 0) return;

  const wait = Math.min(...parts.map(part => Number(part.dataset.refresh)));
  setTimeout(async () => {
    try {
      if (document.visibilityState === 'visible') {
        const answer = await fetch(location.href, { redirect: 'manual' });
        if (answer.ok) replace(parts, new DOMParser().parseFromString(await answer.text(), 'text/html'));
        else if (answer.type === 'opaqueredirect') return location.reload();
      }
    } catch { /* The service is away; the next try may find it. */ }
    refresh();
  }, wait);
}

function replace(parts, page) {
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh && !part.contains(document.activeElement)) part.replaceWith(fresh);
  }
}

// The live list: what arrives is shown as text, whatever it says.
function follow(list) {
  const state = document.getElementById('live-state');
  const pause = document.getElementById('live-pause');
  const longest = 200;
  let waiting = [];

  const show = event => {
    document.getElementById('live-empty')?.remove();
    list.prepend(item(event));
    while (list.children.length > longest) list.lastElementChild.remove();
  };
  const say = () => {
    const paused = pause.getAttribute('aria-pressed') === 'true';
    state.textContent = paused ? `${waiting.length} waiting` : 'listening';
    state.classList.toggle('on', !paused);
  };

  pause.hidden = false;
  pause.addEventListener('click', () => {
    const paused = pause.getAttribute('aria-pressed') !== 'true';
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? 'Go on' : 'Pause';
    if (!paused) waiting.splice(0).forEach(show);
    say();
  });

  const source = new EventSource(list.dataset.source);
  source.onopen = say;
  source.onerror = () => {
    state.textContent = source.readyState === EventSource.CLOSED ? 'ended; open the page again' : 'connecting…';
    state.classList.remove('on');
  };
  source.onmessage = message => {
    const event = JSON.parse(message.data);
    if (pause.getAttribute('aria-pressed') === 'true') waiting = [...waiting, event].slice(-longest);
    else show(event);
    say();
  };
}

function item(event) {
  const at = new Date(event.at).toISOString();
  const summary = element('summary', {}, element('time', { dateTime: at }, at.slice(0, 19).replace('T', ' ')),
    element('strong', {}, event.type), element('span', {}, event.aggregate_id ?? ''));
  if (event.target_group) summary.append(element('span', { className: 'tag' }, `for ${event.target_group}`));
  if (event.trace_link) summary.append(element('a', { href: event.trace_link, target: '_blank', rel: 'noopener noreferrer' }, 'Trace ↗'));
  return element('li', { className: 'new' }, element('details', {}, summary, element('pre', { tabIndex: 0 }, event.data)));
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

document.addEventListener('submit', event => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

refresh();
const list = document.getElementById('live');
if (list) follow(list);
