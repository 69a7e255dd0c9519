package peers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** Counts of one grid, in the order of GRID, or of one unit, in the order of UNIT. */
record Counts(int[] numbers) {

    private static final String[] GRID = {
        "discovered", "whistled", "handled", "resolved", "overdue", "replied", "rated", "satisfied", "open"
    };
    private static final String[] UNIT = {"called", "reported", "handled", "resolved"};
    static final Serde<Counts> SERDE = Serdes.serdeFrom((topic, one) -> written(one), (topic, bytes) -> read(bytes));
    static final Serializer<Counts> JSON = (topic, one) -> json(one);

    /** What a case adds to its grid. */
    static Counts ofGrid(Case one) {
        return new Counts(new int[] {
            is(one, Case.DISCOVERED),
            is(one, Case.WHISTLED),
            is(one, Case.HANDLED),
            is(one, Case.RESOLVED),
            is(one, Case.OVERDUE),
            is(one, Case.REPLIED),
            is(one, Case.RATED),
            is(one, Case.SATISFIED),
            1 - is(one, Case.HANDLED)
        });
    }

    /** What a case adds to the unit that was called. */
    static Counts ofUnit(Case one) {
        return new Counts(new int[] {
            is(one, Case.WHISTLED), is(one, Case.REPORTED), is(one, Case.HANDLED), is(one, Case.RESOLVED)
        });
    }

    static Counts noneOfGrid() {
        return new Counts(new int[GRID.length]);
    }

    static Counts noneOfUnit() {
        return new Counts(new int[UNIT.length]);
    }

    Counts plus(Counts other) {
        return sum(other, 1);
    }

    Counts minus(Counts other) {
        return sum(other, -1);
    }

    private Counts sum(Counts other, int sign) {
        int[] sums = new int[numbers.length];
        for (int at = 0; at < sums.length; at++) {
            sums[at] = numbers[at] + sign * other.numbers[at];
        }
        return new Counts(sums);
    }

    private static int is(Case one, int step) {
        return one.has(step) ? 1 : 0;
    }

    private static byte[] written(Counts one) {
        if (one == null) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.allocate(4 * one.numbers.length);
        buffer.asIntBuffer().put(one.numbers);
        return buffer.array();
    }

    private static Counts read(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        int[] numbers = new int[bytes.length / 4];
        ByteBuffer.wrap(bytes).asIntBuffer().get(numbers);
        return new Counts(numbers);
    }

    private static byte[] json(Counts one) {
        String[] names = one.numbers.length == GRID.length ? GRID : UNIT;
        StringJoiner text = new StringJoiner(",", "{", "}");
        for (int at = 0; at < names.length; at++) {
            text.add('"' + names[at] + "\":" + one.numbers[at]);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
