// The map of places: own outlines, marks by sector, values that change as they arrive.

import { Map as GlMap, Popup, NavigationControl, ScaleControl, LngLatBounds } from '../vendor/maplibre-gl.mjs';
import { palette, sectors, style } from './map-style.js';
import { count, element, icon, result, timeElement } from './words.js';
import { isDark } from './theme.js';
import { listen, pause } from './live.js';

const empty = () => ({ type: 'FeatureCollection', features: [] });
const still = matchMedia('(prefers-reduced-motion: reduce)');
const PulsesMax = 14;
const PulseMilliseconds = 1600;
const ArrivalsMax = 7;

export function start() {
  for (const box of document.querySelectorAll('[data-map]')) new CityMap(box).load();
}

class CityMap {
  constructor(box) {
    this.box = box;
    this.state = box.querySelector('[data-map-state]');
    this.things = new Map();
    this.streams = new Map();
    this.pulses = [];
    this.dirty = new Set();
    this.sector = document.querySelector('[data-legend] [aria-current]')?.dataset.sector || '';
    this.selected = Number(box.dataset.selected) || null;
  }

  async load() {
    try {
      const [things, city] = await Promise.all([fetchJson(this.box.dataset.things), fetchJson(this.box.dataset.city, true)]);
      this.data = prepare(things, city);
      for (const thing of this.data.things.features) this.remember(thing);
      this.draw();
    } catch (error) {
      console.warn('The map could not be drawn.', error);
      this.fail();
    }
  }

  remember(feature) {
    const thing = { ...feature.properties, at: feature.geometry.coordinates };
    this.things.set(thing.id, thing);
    for (const stream of thing.streams) this.streams.set(stream.id, { thing, stream });
    delete feature.properties.streams;
  }

  fail() {
    this.box.querySelector('.maplibregl-canvas-container')?.remove();
    const again = element('button', { class: 'button', type: 'button' }, 'Try again');
    again.addEventListener('click', () => location.reload());
    this.state.replaceChildren(
      element('p', {}, 'The map cannot be drawn here. ', element('a', { href: '/things' }, 'The list of places'), ' shows the same.'),
      element('p', {}, again));
    this.state.hidden = false;
    // Figures and lists of the page go on without the map.
    if (this.box.dataset.live && !this.following) this.live();
  }

  draw() {
    if (this.data.things.features.length === 0 && this.data.city.features.length === 0) {
      this.state.replaceChildren(element('p', {}, 'No place to show yet.'));
      return;
    }
    this.map = new GlMap({
      container: this.box, style: style(isDark(), this.data), bounds: this.data.bounds,
      fitBoundsOptions: { padding: this.box.classList.contains('map-full') ? 36 : 28, maxZoom: 15.5 },
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 19, minZoom: 2,
      cooperativeGestures: !this.box.classList.contains('map-full') || matchMedia('(max-width: 52rem)').matches,
      locale: { 'Map.Title': this.box.dataset.label }, fadeDuration: still.matches ? 0 : 200,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    if (this.box.classList.contains('map-full')) this.map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-right');
    this.map.setMissingStyleImageResolver(async (id) => this.addMark(id));
    // Seen as soon as the outlines are: the load event comes later, after every tile and label.
    this.map.on('sourcedata', (event) => { if (event.sourceId === 'things' && event.isSourceLoaded) this.state.hidden = true; });
    this.map.on('error', (event) => console.warn(event.error));
    this.map.on('moveend', () => this.flush());
    document.addEventListener('stoa:theme', () => {
      this.map.setStyle(style(isDark(), this.data));
      this.map.once('styledata', () => { this.filter(); this.mark(this.selected, true); });
    });
    this.listenToPointer();
    this.listenToKeys();
    this.listenToLegend();
    this.map.once('load', () => {
      this.state.hidden = true;
      this.box.dataset.ready = 'true';
      this.filter();
      this.mark(this.selected, true);
      // Not before: rings that grow would keep the map from ever being loaded on a slow machine.
      if (this.box.dataset.live && !this.following) this.live();
    });
  }

  // The sector's icon, drawn from the same path as in the page.
  addMark(name) {
    const sector = name.replace('sector-', '');
    if (!sectors.includes(sector) || this.map.hasImage(name)) return;
    const size = 48;
    const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size });
    const pen = canvas.getContext('2d');
    pen.scale(size / 24, size / 24);
    pen.fillStyle = palette(isDark()).mark;
    pen.fill(new Path2D(document.querySelector(`#i-${sector} path`).getAttribute('d')), 'evenodd');
    this.map.addImage(name, pen.getImageData(0, 0, size, size), { pixelRatio: 2 });
  }

  listenToPointer() {
    const tip = new Popup({ closeButton: false, closeOnClick: false, className: 'tip', offset: 14, focusAfterOpen: false });
    let over = null;
    const leave = () => {
      if (over !== null) this.map.setFeatureState({ source: 'things', id: over }, { hover: false });
      over = null;
      tip.remove();
      this.map.getCanvas().style.cursor = '';
    };
    this.map.on('mousemove', 'dot', (event) => {
      const id = event.features[0].properties.id;
      if (id === over) return;
      leave();
      over = id;
      const thing = this.things.get(id);
      this.map.getCanvas().style.cursor = 'pointer';
      this.map.setFeatureState({ source: 'things', id }, { hover: true });
      if (this.popup?.isOpen() && this.selected === id) return;
      tip.setLngLat(thing.at).setDOMContent(element('span', {}, thing.name, thing.value ? ' · ' : '', element('b', {}, thing.value ?? ''))).addTo(this.map);
    });
    this.map.on('mouseleave', 'dot', leave);
    this.map.on('click', (event) => {
      const near = 6;
      const box = [[event.point.x - near, event.point.y - near], [event.point.x + near, event.point.y + near]];
      const layers = ['dot', 'area', 'course'].filter((id) => this.map.getLayer(id));
      const hit = this.map.queryRenderedFeatures(box, { layers })[0];
      if (hit) { leave(); this.open(hit.properties.id); }
    });
  }

  // With the keyboard: arrows move the map under the ring, Enter opens the place nearest to it.
  listenToKeys() {
    this.box.append(
      element('div', { class: 'map-aim', 'aria-hidden': 'true' }),
      element('div', { class: 'map-hint', 'aria-hidden': 'true' }, 'Arrows move, + and − zoom, Enter opens the nearest place'));
    this.map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.popup?.remove();
      if (event.key !== 'Enter') return;
      const middle = this.map.project(this.map.getCenter());
      let nearest = null;
      let least = Infinity;
      for (const thing of this.things.values()) {
        if (this.sector && thing.sector !== this.sector) continue;
        const at = this.map.project(thing.at);
        const distance = Math.hypot(at.x - middle.x, at.y - middle.y);
        if (distance < least) [nearest, least] = [thing, distance];
      }
      if (nearest) { event.preventDefault(); this.open(nearest.id); }
    });
  }

  listenToLegend() {
    const legend = document.querySelector('[data-legend]');
    if (!legend || !this.box.classList.contains('map-full')) return;
    legend.addEventListener('click', (event) => {
      const link = event.target.closest('a[data-sector]');
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      for (const other of legend.querySelectorAll('a')) other.removeAttribute('aria-current');
      link.setAttribute('aria-current', 'true');
      this.sector = link.dataset.sector;
      history.replaceState(null, '', link.href);
      this.popup?.remove();
      this.filter();
    });
  }

  filter() {
    const only = this.sector ? ['==', ['get', 'sector'], this.sector] : null;
    for (const layer of ['dot', 'mark', 'value', 'course', 'pulse']) this.map.setFilter(layer, only);
    const polygon = ['==', ['geometry-type'], 'Polygon'];
    this.map.setFilter('area', only ? ['all', polygon, only] : polygon);
  }

  mark(id, on) {
    if (id !== null && this.things.has(id)) this.map.setFeatureState({ source: 'things', id }, { selected: on });
  }

  async open(id) {
    const thing = this.things.get(id);
    if (!thing) return;
    this.popup?.remove();
    this.mark(this.selected, false);
    this.selected = id;
    this.mark(id, true);
    const values = element('dl', { class: 'pop-values' });
    const foot = element('span');
    const title = element('h3', {}, thing.name);
    const content = element('div', { class: `pop sector-${thing.sector}` },
      element('span', { class: 'badge' }, icon(thing.sector), thing.sectorName ?? thing.sector), title,
      element('p', { class: 'pop-dataset' }, thing.dataset ?? ''), values,
      element('div', { class: 'pop-foot' }, foot, element('a', { href: `/things/${thing.id}` }, 'Open place')));
    this.shown = { thing, values, foot };
    this.fill(thing.streams);
    const popup = new Popup({ maxWidth: '320px', offset: 14 }).setLngLat(thing.at).setDOMContent(content).addTo(this.map);
    this.popup = popup;
    popup.on('close', () => {
      if (this.popup !== popup) return;
      this.mark(this.selected, false);
      this.selected = null;
      this.shown = null;
      this.popup = null;
      this.map.getCanvas().focus({ preventScroll: true });
    });
    popup.getElement().addEventListener('keydown', (event) => { if (event.key === 'Escape') popup.remove(); });
    try {
      const full = await fetchJson(`/map/things/${id}`);
      if (this.shown?.thing === thing) {
        for (const stream of full.streams) this.streams.set(stream.id, { thing, stream });
        thing.streams = full.streams;
        this.fill(full.streams);
      }
    } catch { /* what came with the map stays */ }
  }

  fill(streams) {
    const { values, foot } = this.shown;
    values.replaceChildren(...streams.flatMap((stream) => [
      element('dt', {}, stream.name),
      stream.time === null
        ? element('dd', { class: 'quiet' }, 'no data yet')
        : element('dd', {}, element('b', {}, result(stream.result)), stream.unit ? element('span', { class: 'unit' }, ` ${stream.unit}`) : ''),
    ]));
    const latest = Math.max(...streams.map((stream) => stream.time ?? 0));
    foot.replaceChildren(latest > 0 ? timeElement(latest) : 'no data yet');
  }

  live() {
    this.following = true;
    listen(this.box.dataset.live, (message) => this.arrive(message));
    const toggle = document.querySelector('[data-live-toggle]');
    if (!toggle) return;
    toggle.hidden = false;
    toggle.addEventListener('click', () => {
      const stop = toggle.getAttribute('aria-pressed') !== 'true';
      toggle.setAttribute('aria-pressed', String(stop));
      pause(stop);
    });
  }

  arrive(message) {
    const touched = new Set();
    for (const [id, time, value] of message.o) {
      const known = this.streams.get(id);
      if (!known || (known.stream.time ?? 0) > time) continue;
      known.stream.time = time;
      known.stream.result = value;
      touched.add(known.thing);
      if (known.thing.streams[0] === known.stream) {
        known.thing.value = labelOf(known.stream);
        this.dirty.add(known.thing);
      }
      this.updatePage(known);
    }
    for (const thing of touched) this.pulse(thing);
    if (this.shown && touched.has(this.shown.thing)) this.fill(this.shown.thing.streams);
    this.flush();
    this.updateFigures(message);
    this.listArrivals(message, touched);
  }

  // Labels are changed together, and only where they can be seen.
  flush() {
    if (this.dirty.size === 0 || !this.map || this.map.getZoom() < 13.2) return;
    const update = [...this.dirty].map((thing) => ({ id: thing.id, addOrUpdateProperties: [{ key: 'value', value: thing.value }] }));
    for (const thing of this.dirty) this.data.byId.get(thing.id).properties.value = thing.value;
    this.dirty.clear();
    this.map.getSource('things')?.updateData({ update });
  }

  updatePage({ stream }) {
    for (const node of document.querySelectorAll(`[data-datastream="${stream.id}"]`)) {
      const value = node.querySelector('[data-value]');
      if (!value) continue;
      value.textContent = result(stream.result);
      const time = node.querySelector('time') ?? node.closest('tr')?.querySelector('td:last-child time');
      time?.replaceWith(timeElement(stream.time));
      const fresh = node.querySelector('.value');
      if (!fresh) continue;
      fresh.classList.remove('fresh');
      void fresh.offsetWidth;
      fresh.classList.add('fresh');
    }
  }

  updateFigures(message) {
    const figure = document.querySelector('[data-observations]');
    if (!figure || this.box.dataset.live !== '/live') return;
    figure.dataset.observations = Number(figure.dataset.observations) + message.n;
    figure.textContent = count(Number(figure.dataset.observations));
    const latest = Math.max(...message.o.map((row) => row[1]));
    document.querySelector('[data-latest-age]')?.replaceChildren(timeElement(Math.min(latest, Date.now())));
  }

  // A calm list: at most two new lines a second, however much arrives.
  listArrivals(message, touched) {
    const list = document.querySelector('[data-arrivals]');
    if (!list) return;
    const lines = [...touched].filter((thing) => !this.sector || thing.sector === this.sector).slice(0, 2);
    for (const thing of lines) {
      const stream = thing.streams.reduce((a, b) => ((b.time ?? 0) > (a.time ?? 0) ? b : a));
      list.prepend(element('li', { class: `new sector-${thing.sector}` },
        element('span', { class: 'arrival-icon' }, icon(thing.sector)),
        element('span', { class: 'arrival-what' }, element('a', { href: `/things/${thing.id}` }, thing.name), element('span', { class: 'quiet' }, stream.name)),
        element('span', { class: 'arrival-value' }, element('b', {}, result(stream.result)), stream.unit ? element('span', { class: 'unit' }, ` ${stream.unit}`) : ''),
        element('span', { class: 'arrival-time' }, timeElement(stream.time))));
    }
    // A line that holds the focus stays until it is left.
    const surplus = [...list.children].slice(ArrivalsMax);
    for (const line of surplus) if (!line.contains(document.activeElement)) line.remove();
  }

  pulse(thing) {
    if (!this.map || still.matches || this.pulses.length >= PulsesMax || (this.sector && thing.sector !== this.sector)) return;
    this.pulses.push({ thing, since: performance.now() });
    if (this.pulses.length === 1) requestAnimationFrame((now) => this.animate(now));
  }

  animate(now) {
    const source = this.map.getSource('pulses');
    this.pulses = this.pulses.filter((pulse) => now - pulse.since < PulseMilliseconds);
    const base = Math.max(4, Math.min(13, (this.map.getZoom() - 9) * 2.2));
    source?.setData({
      type: 'FeatureCollection',
      features: this.pulses.map(({ thing, since }) => {
        const part = Math.max(0, (now - since) / PulseMilliseconds);
        return {
          type: 'Feature', geometry: { type: 'Point', coordinates: thing.at },
          properties: { sector: thing.sector, radius: base + 18 * Math.sqrt(part), opacity: 0.42 * (1 - part) },
        };
      }),
    });
    // Thirty frames a second are smooth enough for a ring that grows, and half the work.
    if (this.pulses.length > 0) setTimeout(() => requestAnimationFrame((next) => this.animate(next)), 24);
  }
}

const labelOf = (stream) => (stream.time === null || typeof stream.result === 'object' ? null : `${result(stream.result)}${stream.unit ? ` ${stream.unit}` : ''}`);

async function fetchJson(address, mayBeAbsent = false) {
  const response = await fetch(address, { headers: { accept: 'application/geo+json, application/json' } });
  if (mayBeAbsent && response.status === 404) return null;
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response.status === 204 ? null : response.json();
}

function prepare(collection, city) {
  const things = empty();
  const areas = empty();
  const byId = new Map();
  for (const feature of collection.features) {
    const { properties } = feature;
    const point = feature.geometry.type === 'Point' ? feature.geometry.coordinates : middle(feature.geometry);
    if (feature.geometry.type !== 'Point') {
      areas.features.push({ type: 'Feature', geometry: feature.geometry, properties: { id: properties.id, sector: properties.sector } });
    }
    const [first] = properties.streams;
    properties.value = first ? labelOf(first) : null;
    properties.order = -point[1];
    const thing = { type: 'Feature', id: properties.id, geometry: { type: 'Point', coordinates: point.slice(0, 2) }, properties };
    byId.set(properties.id, thing);
    things.features.push(thing);
  }
  const outline = city ?? empty();
  const labels = empty();
  for (const feature of outline.features) {
    if (!feature.properties?.name || !/Polygon$/.test(feature.geometry.type)) continue;
    labels.features.push({ type: 'Feature', properties: feature.properties, geometry: { type: 'Point', coordinates: middle(feature.geometry) } });
  }
  const bounds = boundsOf(things, outline);
  return { things, areas, byId, city: outline, labels, bounds, grid: city ? empty() : graticule(bounds), pulses: empty() };
}

function* positions(geometry) {
  if (geometry.type === 'GeometryCollection') for (const part of geometry.geometries) yield* positions(part);
  else yield* flatten(geometry.coordinates);
}

function* flatten(coordinates) {
  if (typeof coordinates[0] === 'number') yield coordinates;
  else for (const part of coordinates) yield* flatten(part);
}

function middle(geometry) {
  const box = new LngLatBounds();
  for (const position of positions(geometry)) box.extend([position[0], position[1]]);
  return box.getCenter().toArray();
}

// The places decide what is seen first; without any, the city does.
function boundsOf(things, city) {
  const box = new LngLatBounds();
  for (const feature of things.features) box.extend(feature.geometry.coordinates);
  if (things.features.length > 0) {
    const [west, south, east, north] = box.toArray().flat();
    if (east - west > 0.002 || north - south > 0.002) return box;
    return new LngLatBounds([west - 0.004, south - 0.003, east + 0.004, north + 0.003]);
  }
  for (const feature of city.features) for (const position of positions(feature.geometry)) box.extend([position[0], position[1]]);
  return box;
}

function graticule(bounds) {
  const [west, south, east, north] = bounds.toArray().flat();
  const span = Math.max(east - west, north - south);
  const step = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((size) => span / size <= 8) ?? 20;
  const lines = [];
  const margin = step * 12;
  const from = (value) => Math.floor((value - margin) / step) * step;
  for (let x = from(west); x <= east + margin; x += step) lines.push([[x, Math.max(-85, south - margin)], [x, Math.min(85, north + margin)]]);
  for (let y = from(south); y <= north + margin; y += step) if (Math.abs(y) <= 85) lines.push([[west - margin, y], [east + margin, y]]);
  return { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } }] };
}

