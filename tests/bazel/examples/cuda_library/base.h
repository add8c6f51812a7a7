#pragma once

constexpr int base() { return FROM_DEPENDENCY; }
