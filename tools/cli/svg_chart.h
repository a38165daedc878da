// Line charts as SVG, of our own: panels side by side with axes, grid and one legend for all.
// Readable on a light and on a dark page: colours are classes, and follow what the reader prefers.
#pragma once

#include <string>
#include <vector>

namespace semblance::cli {

struct Point {
  double x = 0, y = 0;
};

struct Series {
  size_t colour = 0;          // which entry of the legend it belongs to
  std::vector<Point> points;  // finite
};

struct Panel {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool arrows = false;  // the points are stations in time: show the way they go
  double width = 1;     // share of its row
};

struct Chart {
  std::string title;
  std::vector<std::string> legend;
  std::vector<std::vector<Panel>> rows;
};

// A whole SVG file. Each series is one <polyline>; texts are escaped.
std::string DrawSvg(const Chart& chart);

// About `count` round numbers that cover `low` to `high`: steps of 1, 2 or 5 times a power of ten.
// The first is at most `low`, the last at least `high`.
std::vector<double> RoundTicks(double low, double high, int count);

}  // namespace semblance::cli
