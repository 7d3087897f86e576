// Progressive enhancement: the pages work without this script, but they don't refresh themselves.
'use strict';

// Elements marked data-refresh="ms" are fetched again and replaced, unless they have the focus.
function refresh() {
  const parts = [...document.querySelectorAll('[data-refresh][id]')];
  if (parts.length === 0) return;

  const wait = Math.min(...parts.map(part => Number(part.dataset.refresh)));
  setTimeout(async () => {
    try {
      if (document.visibilityState === 'visible') {
        const response = await fetch(location.href, { redirect: 'manual' });
        if (response.ok) replace(parts, new DOMParser().parseFromString(await response.text(), 'text/html'));
        else if (response.type === 'opaqueredirect') return location.reload();
      }
    } catch { /* The service is unavailable; try again at the next interval. */ }
    refresh();
  }, wait);
}

function replace(parts, page) {
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh && !part.contains(document.activeElement)) part.replaceWith(fresh);
  }
}

// The live list. Events are inserted as text, never as HTML.
function follow(list) {
  const state = document.getElementById('live-state');
  const pause = document.getElementById('live-pause');
  const maxItems = 200;
  let waiting = [];

  const show = event => {
    document.getElementById('live-empty')?.remove();
    list.prepend(item(event));
    while (list.children.length > maxItems) list.lastElementChild.remove();
  };
  const showState = () => {
    const paused = pause.getAttribute('aria-pressed') === 'true';
    state.textContent = paused ? `${waiting.length} waiting` : 'connected';
    state.classList.toggle('on', !paused);
  };

  pause.hidden = false;
  pause.addEventListener('click', () => {
    const paused = pause.getAttribute('aria-pressed') !== 'true';
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? 'Resume' : 'Pause';
    if (!paused) waiting.splice(0).forEach(show);
    showState();
  });

  const source = new EventSource(list.dataset.source);
  source.onopen = showState;
  source.onerror = () => {
    state.textContent = source.readyState === EventSource.CLOSED ? 'disconnected; reload the page' : 'connecting…';
    state.classList.remove('on');
  };
  source.onmessage = message => {
    const event = JSON.parse(message.data);
    if (pause.getAttribute('aria-pressed') === 'true') waiting = [...waiting, event].slice(-maxItems);
    else show(event);
    showState();
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
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children);
  return created;
}

document.addEventListener('submit', event => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

refresh();
const list = document.getElementById('live');
if (list) follow(list);
