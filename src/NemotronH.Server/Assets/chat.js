// The chat page. Text of the model only ever becomes text nodes; the conversation stays in this browser.
'use strict';

const HISTORY = 'nemotronh.messages';
const KEY = 'nemotronh.key';
const element = id => document.getElementById(id);
const [list, form, input, send, stop, clear, keyButton, thinking, statusLine] =
  ['messages', 'form', 'input', 'send', 'stop', 'clear', 'key', 'thinking', 'status'].map(element);

let messages = load();
let running = null;

function load() {
  try {
    const saved = JSON.parse(localStorage.getItem(HISTORY) ?? '[]');
    return Array.isArray(saved) ? saved.filter(m => typeof m?.content === 'string') : [];
  } catch {
    return [];
  }
}

function save() {
  try {
    localStorage.setItem(HISTORY, JSON.stringify(messages));
  } catch {
    statusLine.textContent = 'The browser keeps no more history.';
  }
}

function headers() {
  const key = sessionStorage.getItem(KEY);
  return { 'Content-Type': 'application/json', ...(key ? { Authorization: `Bearer ${key}` } : {}) };
}

function add(parent, tag, className, text = '') {
  const child = document.createElement(tag);
  child.className = className;
  child.textContent = text;
  parent.append(child);
  return child;
}

/** Shows a message and returns what adds to it. */
function show(message) {
  const box = add(list, 'article', `message ${message.role}`);
  const details = add(box, 'details', 'reasoning');
  add(details, 'summary', '', 'Reasoning');
  const reasoning = add(details, 'div', 'text', message.reasoning_content ?? '');
  details.hidden = !message.reasoning_content;
  const text = add(box, 'div', 'text content', message.content);
  const figures = add(box, 'div', 'figures', message.figures ?? '');
  box.scrollIntoView({ block: 'end' });
  return {
    reason(more) { details.hidden = false; reasoning.append(more); },
    say(more) {
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
      text.append(more);
      if (atEnd) list.scrollTop = list.scrollHeight;
    },
    measure(figure) { figures.textContent = figure; },
    fail(error) { add(box, 'div', 'error', error); },
  };
}

/** Yields the JSON texts of a stream of server-sent events. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts.filter(p => p.startsWith('data: '))) {
      const data = part.slice('data: '.length);
      if (data === '[DONE]') return;
      yield JSON.parse(data);
    }
  }
}

async function request(signal) {
  const body = {
    messages: messages.map(({ role, content, reasoning_content }) => ({ role, content, ...(reasoning_content ? { reasoning_content } : {}) })),
    stream: true,
    stream_options: { include_usage: true },
    chat_template_kwargs: { enable_thinking: thinking.checked },
  };
  const response = await fetch('v1/chat/completions', { method: 'POST', headers: headers(), body: JSON.stringify(body), signal });
  if (response.ok) return response;
  if (response.status === 401) keyButton.hidden = false;
  const error = await response.json().catch(() => null);
  throw new Error(error?.error?.message ?? `${response.status} ${response.statusText}`);
}

async function answer() {
  const message = { role: 'assistant', content: '', reasoning_content: '' };
  const conversation = messages;
  const view = show(message);
  running = new AbortController();
  send.hidden = true;
  stop.hidden = false;
  let tokens = 0;
  let first = 0;
  try {
    for await (const chunk of events(await request(running.signal))) {
      if (chunk.error) throw new Error(chunk.error.message);
      const delta = chunk.choices[0]?.delta ?? {};
      if (delta.reasoning_content) { message.reasoning_content += delta.reasoning_content; view.reason(delta.reasoning_content); }
      if (delta.content) { message.content += delta.content; view.say(delta.content); }
      if (delta.content || delta.reasoning_content) { tokens++; first ||= performance.now(); }
      tokens = chunk.usage?.completion_tokens ?? tokens;
      const seconds = (performance.now() - first) / 1000;
      message.figures = tokens > 1 && first && seconds > 0 ? `${tokens} tokens, ${((tokens - 1) / seconds).toFixed(1)} tokens/s` : '';
      view.measure(message.figures);
    }
  } catch (error) {
    if (error.name === 'AbortError') message.figures = `${message.figures ?? ''} (stopped)`;
    else {
      view.fail(error.message);
      if (!message.content && !message.reasoning_content) input.value ||= conversation.pop().content;  // not asked: to be asked again
    }
    view.measure(message.figures ?? '');
  } finally {
    running = null;
    send.hidden = false;
    stop.hidden = true;
    if (message.content || message.reasoning_content) conversation.push(message);
    save();
    input.focus();
  }
}

form.addEventListener('submit', event => {
  event.preventDefault();
  const content = input.value.trim();
  if (!content || running) return;
  messages.push({ role: 'user', content });
  save();
  show(messages.at(-1));
  input.value = '';
  answer();
});

input.addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

stop.addEventListener('click', () => running?.abort());

clear.addEventListener('click', () => {
  running?.abort();
  messages = [];
  save();
  list.replaceChildren();
});

keyButton.addEventListener('click', () => {
  const key = prompt('API key (kept until this tab is closed)');
  if (key !== null) sessionStorage.setItem(KEY, key.trim());
  start();
});

async function start() {
  const response = await fetch('v1/models', { headers: headers() }).catch(() => null);
  keyButton.hidden = response?.status !== 401;
  const models = response?.ok ? await response.json() : null;
  element('model').textContent = models?.data[0]?.id ?? '';
  statusLine.textContent = models ? '' : response?.status === 401 ? 'The server asks for an API key.' : 'The server does not answer.';
}

messages.forEach(show);
start();
