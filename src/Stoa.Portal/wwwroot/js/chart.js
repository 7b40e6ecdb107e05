// Line charts of down-sampled series. The drawing that came with the page stays until the chart is there.

import uPlot from '../vendor/uPlot.esm.js';
import { colour } from './theme.js';
import { element, localTime, number } from './words.js';

export function start() {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      new SeriesChart(entry.target).load();
    }
  }, { rootMargin: '300px' });
  for (const figure of document.querySelectorAll('[data-chart]')) seen.observe(figure);
}

class SeriesChart {
  constructor(figure) {
    this.figure = figure;
    this.area = figure.querySelector('.chart-area');
    this.unit = figure.dataset.unit;
  }

  async load() {
    const width = Math.round(this.area.clientWidth * Math.min(devicePixelRatio, 2));
    try {
      const response = await fetch(`${this.figure.dataset.chart}&width=${Math.max(100, Math.min(2000, width))}`);
      if (!response.ok) throw new Error(`${response.status}`);
      this.series = await response.json();
    } catch (error) {
      this.area.append(element('span', { class: 'chart-fail' }, 'Overview only: details did not load'));
      console.warn(error);
      return;
    }
    if (this.series.t.length === 0) return;
    this.draw();
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(this.area);
    document.addEventListener('stoa:theme', () => { this.plot.destroy(); this.draw(); });
  }

  size() {
    return { width: this.area.clientWidth, height: this.area.clientHeight };
  }

  // What was not measured is not drawn: a null breaks the line where the distance is far above the usual.
  columns() {
    const { t, mean, low, high } = this.series;
    const steps = t.slice(1).map((time, i) => time - t[i]).sort((a, b) => a - b);
    const limit = (steps[steps.length >> 1] ?? Infinity) * 4;
    const columns = low ? [[], [], [], []] : [[], []];
    const values = low ? [mean, low, high] : [mean];
    t.forEach((time, i) => {
      if (i > 0 && time - t[i - 1] > limit) {
        columns[0].push((time + t[i - 1]) / 2);
        values.forEach((_, column) => columns[column + 1].push(null));
      }
      columns[0].push(time);
      values.forEach((value, column) => columns[column + 1].push(value[i]));
    });
    return columns;
  }

  draw() {
    const line = colour('accent');
    const axis = { stroke: colour('ink-quiet'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1, size: 4 }, font: `12px ${getComputedStyle(document.body).fontFamily}` };
    const isBand = Boolean(this.series.low);
    const hidden = { stroke: 'transparent', points: { show: false } };
    const clear = colour('accent').replace('rgb(', 'rgba(').replace(')', ', .16)');
    const data = this.columns();
    const options = {
      ...this.size(),
      cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false } },
      legend: { show: false },
      scales: { x: { time: true, range: (_, min, max) => [min, max === min ? max + 1 : max] } },
      series: [{}, { stroke: line, width: 1.75, spanGaps: false, points: { show: data[0].length < 60, size: 5, fill: line } }, ...(isBand ? [hidden, hidden] : [])],
      bands: isBand ? [{ series: [3, 2], fill: clear }] : [],
      axes: [{ ...axis, size: 34, values: timeAxis }, { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => number(Number(tick.toPrecision(12)))) }],
      hooks: { setCursor: [(plot) => this.tip(plot)] },
    };
    this.area.querySelector('.spark')?.remove();
    this.plot = new uPlot(options, data, this.area);
    this.bubble = element('div', { class: 'chart-tip', hidden: true });
    this.area.append(this.bubble);
    this.plot.root.addEventListener('mouseleave', () => { this.bubble.hidden = true; });
    this.figure.dataset.ready = 'true';
  }

  tip(plot) {
    const { idx, left } = plot.cursor;
    if (idx === null || idx === undefined || left < 0 || plot.data[1][idx] === null) {
      this.bubble.hidden = true;
      return;
    }
    const unit = this.unit ? ` ${this.unit}` : '';
    const band = plot.data[2] && plot.data[3][idx] > plot.data[2][idx]
      ? element('div', {}, `${number(plot.data[2][idx])} to ${number(plot.data[3][idx])}`) : null;
    this.bubble.replaceChildren(element('b', {}, number(plot.data[1][idx]) + unit), ...(band ? [band] : []), element('div', {}, localTime(plot.data[0][idx] * 1000)));
    this.bubble.hidden = false;
    const x = plot.over.offsetLeft + left;
    const room = this.area.clientWidth - this.bubble.offsetWidth - 8;
    this.bubble.style.left = `${Math.max(0, Math.min(room, x + 14))}px`;
    this.bubble.style.top = '6px';
  }
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

function timeAxis(plot, ticks, _axis, _space, step) {
  return ticks.map((tick) => {
    const time = new Date(tick * 1000);
    if (step >= 28 * 86400) return month.format(time);
    if (step >= 86400 || (time.getHours() === 0 && time.getMinutes() === 0)) return day.format(time);
    return clock.format(time);
  });
}
